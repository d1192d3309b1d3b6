import { EncordError } from '../model/error.ts'

/** Titles and notes on a row are a convenience: a key that may not write them falls back quietly. */
export function isRefusal(error: unknown): error is EncordError {
  return (
    error instanceof EncordError &&
    error.outcome === 'not-done' &&
    (error.kind === 'not-allowed' || error.kind === 'this-file' || error.kind === 'look-first')
  )
}
