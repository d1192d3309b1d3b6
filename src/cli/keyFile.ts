import { closeSync, fsyncSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { displayName } from '../model/displayName.ts'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'

/** A new file for a key: mode 0600, made before the key is, so that no key is lost for want of a place. */
export type KeyFile = {
  /** Writes the key and a newline, to the disk. */
  write(key: string): void
  /** Removes the file again: there is no key. */
  drop(): void
}

/** Makes the file. @throws UserError (2) when it is there already (also as a link), or cannot be made; `next` is what helps then */
export function newKeyFile(path: string, next = 'name another file with --out'): KeyFile {
  const descriptor = open(path, next)
  return {
    write(key) {
      writeSync(descriptor, `${key}\n`)
      fsyncSync(descriptor)
      closeSync(descriptor)
    },
    drop() {
      closeSync(descriptor)
      unlinkSync(path)
    },
  }
}

function open(path: string, next: string): number {
  try {
    return openSync(path, 'wx', 0o600)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    const shown = displayName(path)
    throw new UserError(
      EXIT.usage,
      {
        what:
          code === 'EEXIST' ? `${shown} is there already, and no key is written over another file` : `${shown} cannot be made (${code})`,
        notDone: 'no key was made',
        next,
      },
      { cause: error },
    )
  }
}
