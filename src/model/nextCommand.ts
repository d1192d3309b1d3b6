import { displayName } from './displayName.ts'
import { unreachable } from './error.ts'
import type { FolderState } from './folder.ts'

/** A path as a shell takes it: quoted where it has to be. Names with control characters are shown escaped, and can't be pasted. */
function shellWord(text: string): string {
  const safe = displayName(text) === text
  if (safe && text !== '' && /^[\w@%+=:,./-]+$/.test(text)) return text
  return `'${(safe ? text : displayName(text)).replaceAll("'", `'\\''`)}'`
}

/** The path arguments of a command line; one that starts with a dash comes after `--`. */
export function pathArgument(path: string): string {
  return path.startsWith('-') ? `-- ${shellWord(path)}` : shellWord(path)
}

/** The one command that helps a folder in this state; null where none is needed. */
export function commandFor(state: FolderState, path: string): string | null {
  switch (state) {
    case 'ok':
    case 'degraded':
      return null
    case 'paused':
      return `encord-sync resume ${pathArgument(path)}`
    case 'foreign':
    case 'restored':
      return `encord-sync folders accept ${pathArgument(path)}`
    case 'frozen':
      return 'encord-sync ledger accept'
    case 'absent':
    case 'unreadable':
      return `ls -ld ${pathArgument(path)}`
    case 'credentials':
      return 'encord-sync doctor'
    case 'clock':
      return 'date'
    default:
      return unreachable(state)
  }
}
