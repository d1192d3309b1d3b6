import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { readJson, writeJson } from './json.ts'

/** An append-only file of JSON lines. A line is on disk, as far as a killed process is concerned, before `append` returns; a power cut may lose the last ones. */
export type Journal<T> = { append(line: T): void; close(): void }

/** The lines of `<dir>/state.ndjson`. A last line without its end was being written when the process died, and never counted: it is dropped. */
export function readJournal<T>(dir: string): T[] {
  const path = journalPath(dir)
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n')
  lines.pop()
  return lines.map((line, index) => {
    try {
      return readJson(line) as T
    } catch (cause) {
      throw new Error(`${path}: line ${index + 1} is damaged; remove the directory to start anew`, { cause })
    }
  })
}

/** Replaces the journal by `lines` in one step, and opens it for appending. The file is 0600: it holds API keys and URL tokens. */
export function rewriteJournal<T>(dir: string, lines: readonly T[]): Journal<T> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const path = journalPath(dir)
  const next = `${path}.new`
  writeFileSync(next, lines.map((line) => `${writeJson(line)}\n`).join(''), { mode: 0o600, flush: true })
  renameSync(next, path)
  return openAtEnd(path)
}

function openAtEnd<T>(path: string): Journal<T> {
  const fd = openSync(path, 'r+')
  let end = readFileSync(path).length
  return {
    append(line) {
      const bytes = Buffer.from(`${writeJson(line)}\n`)
      try {
        let written = 0
        while (written < bytes.length) written += writeSync(fd, bytes, written, bytes.length - written, end + written)
      } catch (error) {
        // a full disk leaves half a line; the next one must not follow it
        ftruncateSync(fd, end)
        throw error
      }
      end += bytes.length
    },
    close: () => closeSync(fd),
  }
}

function journalPath(dir: string): string {
  return join(dir, 'state.ndjson')
}
