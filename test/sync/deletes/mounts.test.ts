import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'

const SCRIPT = new URL('./swappedDisk.ts', import.meta.url).pathname

/** Mounts need root and a mount namespace of one's own; where there is none, there is nothing to be shown. */
const canMount = process.platform === 'linux' && spawnSync('unshare', ['-m', 'true']).status === 0

test.runIf(canMount)('a disk below the folder that is away, or another one of its type in its place, deletes nothing', () => {
  const run = spawnSync('unshare', ['-m', process.execPath, '--import', 'tsx', SCRIPT], { encoding: 'utf8', timeout: 180_000 })
  const result = JSON.parse(/^RESULT (.*)$/m.exec(run.stdout)?.[1] ?? JSON.stringify(run.stderr))
  expect(result).toMatchObject({ away: { deletes: 0 }, other: { deletes: 0 } })
  expect(result.away.units).toEqual(expect.arrayContaining(['card/1.mp4 unseen', 'card/2.mp4 unseen']))
  expect(result.other.units).toEqual(expect.arrayContaining(['card/1.mp4 unseen', 'card/2.mp4 unseen', 'card/3.mp4 present']))
})
