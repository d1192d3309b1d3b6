import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../model/error.ts'
import { openLedgerReadOnly } from '../store/openLedger.ts'
import type { SurveyRequest } from '../sync/survey.ts'
import { survey } from './survey.ts'
import type { ThreadAnswer } from './surveyThread.ts'

/** The survey's own thread: walks synchronously and reads the ledger through a connection of its own. */
const port = parentPort
if (port === null) throw new Error('survey.worker runs as a worker thread')
const { ledgerPath, steps } = workerData as { ledgerPath: string; steps: Int32Array }
const ledger = openLedgerReadOnly(ledgerPath)
if (ledger === null) throw new Error('the survey found no ledger')
const sleeper = new Int32Array(new SharedArrayBuffer(4))

port.on('message', (request: SurveyRequest) => {
  try {
    const result = survey(
      {
        tree: ledger.tree,
        wallMs: () => {
          Atomics.add(steps, 0, 1)
          return Date.now()
        },
        pause: (ms) => void Atomics.wait(sleeper, 0, 0, ms),
      },
      request,
    )
    port.postMessage({ result } satisfies ThreadAnswer)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
    port.postMessage({ error: messageOf(error), code } satisfies ThreadAnswer)
  }
})
