/** How often a full collection is asked for, ms. */
const COLLECT_MS = 10_000

/**
 * A module for `node --import`: each thread collects all its garbage every ten seconds. V8 does so when it sees fit, at rest every few minutes,
 * so that what a sample holds of garbage hides a growth of some megabytes an hour; what stays in use after a collection is what can leak.
 */
export const COLLECTED = `data:text/javascript,${encodeURIComponent(`
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
setFlagsFromString('--expose-gc')
setInterval(runInNewContext('gc'), ${COLLECT_MS}).unref()
`)}`
