import { displayName } from './displayName.ts'
import { unreachable } from './error.ts'
import { type FolderState, isDoubled, isLeftBefore } from './folder.ts'
import { shownKey } from './unit.ts'

/**
 * A path as a shell takes it: quoted where it has to be, and so that nothing changes when it is shown (there a backslash becomes two, which
 * are one again between double quotes). Names with control characters are shown escaped, and can't be pasted.
 */
function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text
  if (text === '') return "''"
  const safe = displayName(text.replaceAll('\\', '')) === text.replaceAll('\\', '')
  return (safe ? text : displayName(text))
    .split(/(\\+|'+)/)
    .filter((piece) => piece !== '')
    .map((piece) => (/^[\\']/.test(piece) ? `"${piece}"` : `'${piece}'`))
    .join('')
}

/** The path arguments of a command line; one that starts with a dash comes after `--`. */
export function pathArgument(path: string): string {
  return path.startsWith('-') ? `-- ${shellWord(path)}` : shellWord(path)
}

/** The whole path of a unit, as an argument of a command. */
export function unitArgument(folderPath: string, key: string): string {
  return pathArgument(key === '' ? folderPath : `${folderPath}/${shownKey(key)}`)
}

/** A command about one unit, by its whole path. */
export function unitCommand(verb: 'why' | 'retry', folderPath: string, key: string): string {
  return `encord-sync ${verb} ${unitArgument(folderPath, key)}`
}

/**
 * The one command that helps a folder in this state; null where none is needed.
 * @param why the reason for its state
 */
export function commandFor(state: FolderState, path: string, why: string): string | null {
  switch (state) {
    case 'ok':
    case 'degraded':
      return null
    case 'paused':
      return `encord-sync resume ${pathArgument(path)}`
    case 'foreign':
      if (isLeftBefore(why)) return 'restart the service'
      return isDoubled(why) ? 'encord-sync config check' : commandFor('restored', path, why)
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
