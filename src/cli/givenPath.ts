import { resolve } from 'node:path'
import { pathBelow, realSpelling } from '../app/place.ts'
import type { CommandContext } from './command.ts'
import { configuredFolders } from './configuredFolders.ts'

/**
 * A path as a person typed it: from the working directory when that leads into a watched folder, else as a path below the
 * folders. The service has another working directory, so it is settled here.
 */
export function givenPath(path: string, context: Pick<CommandContext, 'host' | 'config'>): string {
  const absolute = resolve(context.host.directory, path)
  const spellings = [absolute, realSpelling(absolute)]
  const isInside = configuredFolders(context.config()).some(({ entry, realPath }) =>
    spellings.some((spelling) => pathBelow(entry.path, spelling) !== null || pathBelow(realPath, spelling) !== null),
  )
  return isInside ? absolute : path
}
