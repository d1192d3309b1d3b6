import { Worker } from 'node:worker_threads'
import { messageOf } from '../model/error.ts'
import type { Survey, SurveyRequest } from '../sync/survey.ts'

/** What a thread says of a walk. `code` is that of the error: it tells a disk's or the machine's trouble from everything else. */
export type ThreadAnswer = { readonly result: Survey } | { readonly error: string; readonly code: string | undefined }

/** A thread that walks, one request after the other. */
export type SurveyThread = {
  post(request: SurveyRequest): void
  /** Looks at the clock so far, one per directory at least: it stands still while the thread hangs. */
  steps(): number
  /** Resolves when it ended; one that hangs in the kernel ends when that lets it go. */
  terminate(): Promise<unknown>
}

/** Starts a thread. @param onEnd told once, why it ended by itself or was ended */
export type StartThread = (onAnswer: (answer: ThreadAnswer) => void, onEnd: (why: string) => void) => SurveyThread

/** Threads over a ledger that exists. */
export function surveyThreads(ledgerPath: string): StartThread {
  return (onAnswer, onEnd) => {
    const steps = new Int32Array(new SharedArrayBuffer(4))
    const worker = new Worker(ENTRY, { workerData: { ledgerPath, steps } })
    let why = 'it ended'
    worker.on('message', onAnswer)
    // Without a listener, what it could not survive would end the process.
    worker.on('error', (error) => {
      why = messageOf(error)
    })
    worker.on('exit', () => onEnd(why))
    return {
      post: (request) => worker.postMessage(request),
      steps: () => Atomics.load(steps, 0),
      terminate: () => worker.terminate(),
    }
  }
}

/** Beside us in the built program. Sources take the built one too: Node 20 gives the entry of a worker no loader for TypeScript. */
const ENTRY = new URL(import.meta.url.endsWith('.ts') ? '../../dist/app/survey.worker.js' : './survey.worker.js', import.meta.url)
