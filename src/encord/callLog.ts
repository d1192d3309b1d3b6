import { EncordError } from '../model/error.ts'
import type { ClientOptions } from './options.ts'

/** Runs one exchange and tells how it ended. */
export async function logged<T>(options: Pick<ClientOptions, 'clock' | 'log'>, call: string, run: () => Promise<T>): Promise<T> {
  const startedMs = options.clock.monotonicMs()
  const tell = (error: EncordError | null) => options.log?.({ call, tookMs: options.clock.monotonicMs() - startedMs, error })
  try {
    const result = await run()
    tell(null)
    return result
  } catch (error) {
    if (error instanceof EncordError) tell(error)
    throw error
  }
}
