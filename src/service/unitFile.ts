import { chmodSync, copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import { SIGNATURE } from './unitSpec.ts'

/** What became of a unit file; `previous` is the copy that was kept of a different one. */
export type WrittenUnit = { readonly outcome: 'written' | 'unchanged' | 'replaced'; readonly previous: string | null }

/** The text of a unit file; null when there is none. @throws UserError (2) when it can't be read */
export function readUnit(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw untouchable(file, 'read', error)
  }
}

/** Is it one of ours? */
export function isSigned(text: string): boolean {
  return text.includes(SIGNATURE)
}

/** Writes a unit file whole, readable for the service manager; a different one that stood there is kept beside it. @throws UserError (2) */
export function writeUnit(file: string, text: string): WrittenUnit {
  const before = readUnit(file)
  if (before === text) return { outcome: 'unchanged', previous: null }
  const previous = before === null ? null : `${file}.old`
  const draft = `${file}.new`
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 })
    if (previous !== null) copyFileSync(file, previous)
    writeFileSync(draft, text)
    chmodSync(draft, 0o644)
    renameSync(draft, file)
  } catch (error) {
    throw untouchable(file, 'written', error)
  }
  return { outcome: previous === null ? 'written' : 'replaced', previous }
}

/** Takes a unit file away. @throws UserError (2) */
export function removeUnit(file: string): void {
  try {
    rmSync(file, { force: true })
  } catch (error) {
    throw untouchable(file, 'removed', error)
  }
}

function untouchable(file: string, what: string, cause: unknown): UserError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown reason'
  const isForbidden = code === 'EACCES' || code === 'EPERM'
  return new UserError(
    EXIT.usage,
    {
      what: `the unit cannot be ${what} (${code}): ${file}`,
      notDone: 'the service was left as it was',
      next: isForbidden ? 'the same command with sudo' : 'encord-sync service print (shows the unit, to be put there by hand)',
    },
    { cause },
  )
}
