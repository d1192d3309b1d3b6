import { EncordError, UserError } from '../model/error.ts'
import { EXIT, type ExitCode } from '../model/exitCode.ts'

/** What is said when a call fails. */
export type CallStory = {
  /** Of a call that did not happen: `no dataset was made`. */
  readonly notDone: string
  /** Of a call that may have happened, and how to find out; null for calls that only read. */
  readonly maybe: { readonly notDone: string; readonly next: string } | null
  /** The key that the call is made with: what helps when it is refused. */
  readonly key: 'api' | 'user'
}

const NEW_KEY: Readonly<Record<CallStory['key'], string>> = {
  api: 'encord-sync doctor; then a key of this dataset with both scopes (encord-sync key create)',
  user: "add the key's public half (ssh-keygen -y -f FILE prints it) to Encord, as a user who administers the dataset",
}

/** The result of a call, its failure put into words. @throws UserError: 3 for a refused key, 2 for what is not there, 1 for the rest */
export async function told<T>(call: Promise<T>, story: CallStory): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw error instanceof EncordError ? failureOf(error, story) : error
  }
}

function failureOf(error: EncordError, { notDone, maybe, key }: CallStory): UserError {
  const what = error.message
  if (error.outcome === 'unknown' && maybe !== null) return new UserError(EXIT.failed, { what, ...maybe }, { cause: error })
  return new UserError(exitOf(error), { what, notDone, next: nextOf(error, key) }, { cause: error })
}

function exitOf({ kind }: EncordError): ExitCode {
  if (kind === 'credentials' || kind === 'not-allowed') return EXIT.person
  return kind === 'look-first' || kind === 'this-file' ? EXIT.usage : EXIT.failed
}

function nextOf({ kind, word }: EncordError, key: CallStory['key']): string {
  if (kind === 'credentials') return NEW_KEY[key]
  if (kind === 'not-allowed') return word === 'UPLOAD_OPERATION_NOT_SUPPORTED_ERROR' ? 'encord-sync dataset info' : NEW_KEY[key]
  if (kind === 'look-first' || kind === 'this-file') return 'check what was named: the server does not know it, or does not take it'
  return 'run it again in a while'
}
