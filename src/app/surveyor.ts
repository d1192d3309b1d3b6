import { Worker } from 'node:worker_threads'
import type { Survey, SurveyRequest } from '../sync/survey.ts'

/** Walks in a thread of its own, one after the other, so that the main loop never stands still. */
export type Surveyor = {
  survey(request: SurveyRequest): Promise<Survey>
  /** Looks at the clock so far, one per directory at least: it stands still while the thread hangs. */
  steps(): number
  close(): Promise<void>
}

type Answer = { readonly id: number; readonly result?: Survey; readonly error?: string; readonly code?: string | undefined }

/** @param ledgerPath of a ledger that exists */
export function openSurveyor(ledgerPath: string): Surveyor {
  const steps = new Int32Array(new SharedArrayBuffer(4))
  const worker = new Worker(ENTRY, { workerData: { ledgerPath, steps } })
  const waiting = new Map<number, { resolve(survey: Survey): void; reject(error: Error): void }>()
  let next = 1
  let ended: Error | null = null

  function end(error: Error): void {
    ended ??= error
    for (const one of waiting.values()) one.reject(error)
    waiting.clear()
  }
  worker.on('message', (answer: Answer) => {
    const asked = waiting.get(answer.id)
    waiting.delete(answer.id)
    if (answer.result !== undefined) asked?.resolve(answer.result)
    // The code tells a damaged ledger from everything else.
    else
      asked?.reject(Object.assign(new Error(`the survey failed: ${answer.error}`), answer.code === undefined ? {} : { code: answer.code }))
  })
  worker.on('error', (error) => end(error instanceof Error ? error : new Error(String(error))))
  worker.on('exit', () => end(new Error('the survey thread ended')))

  return {
    survey: (request) =>
      new Promise((resolve, reject) => {
        if (ended !== null) {
          reject(ended)
          return
        }
        const id = next++
        waiting.set(id, { resolve, reject })
        worker.postMessage({ id, request })
      }),
    steps: () => Atomics.load(steps, 0),
    close: async () => {
      await worker.terminate()
    },
  }
}

/** Beside us in the built program. Sources take the built one too: Node 20 gives the entry of a worker no loader for TypeScript. */
const ENTRY = new URL(import.meta.url.endsWith('.ts') ? '../../dist/app/survey.worker.js' : './survey.worker.js', import.meta.url)
