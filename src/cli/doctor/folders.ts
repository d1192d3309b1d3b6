import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs'
import type { LoadedConfig } from '../../config/loadedConfig.ts'
import { fsTypeAt } from '../../disk/fileSystem.ts'
import { mountsUnder } from '../../disk/mounts.ts'
import { pathArgument } from '../../model/nextCommand.ts'
import { configuredFolders } from '../configuredFolders.ts'
import { amount } from '../text/amount.ts'
import { type Finding, fail, failed, ok, warn } from './finding.ts'

/** Each folder: there, readable, writable for its marker, on which file system, with which mounts. */
export async function folderFindings(config: LoadedConfig): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const { realPath } of configuredFolders(config)) findings.push(await oneFolder(realPath))
  return findings
}

async function oneFolder(path: string): Promise<Finding> {
  try {
    if (!statSync(path).isDirectory()) return fail('folder', `${path} is no directory`, 'encord-sync config check')
    readdirSync(path)
    const { word, kind } = await fsTypeAt(path)
    const [, name = word] = word.split(' ')
    const mounts = mountsUnder(path).filter(({ dir }) => dir !== '').length
    const text = `${path}: ${name}${kind === 'local' ? '' : ` (${kind}: polled, with longer waits)`}${mounts === 0 ? '' : `, ${mounts} mounted below it`}`
    return canWrite(path)
      ? ok('folder', text)
      : warn('folder', `${text}; it can't be written, so its deletes are held`, `ls -ld ${pathArgument(path)}`)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return fail('folder', `${path} is not there`, `mkdir -p ${pathArgument(path)} (or mount its disk)`)
    if (code === 'EACCES' || code === 'EPERM') return fail('folder', `${path} can't be read (${code})`, `ls -ld ${pathArgument(path)}`)
    return failed('folder', error)
  }
}

/** `.encord-sync/` tells the folder from another one. */
function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** A watch costs this much of the limit for each directory; others need some too. */
const SHARE = 0.8

/**
 * Whether the kernel lets us watch all directories (inotify(7)).
 * @param directories of all folders, as the ledger knows them; null without a ledger
 */
export function watchFindings(directories: number | null): readonly Finding[] {
  const most = limitOf('max_user_watches')
  if (most === null) return []
  if (directories === null || directories <= most * SHARE) {
    return [
      ok(
        'watches',
        directories === null
          ? `up to ${most} directories can be watched`
          : `${amount(directories, 'directory', 'directories')}, of ${most} that can be watched`,
      ),
    ]
  }
  const wanted = 2 ** Math.ceil(Math.log2(directories / SHARE + 1))
  const text = `${directories} directories, and ${most} watches for this user: folders may have to be polled`
  return [warn('watches', text, `sudo sysctl fs.inotify.max_user_watches=${wanted}   (and a line in /etc/sysctl.d to keep it)`)]
}

function limitOf(name: string): number | null {
  try {
    return Number(readFileSync(`/proc/sys/fs/inotify/${name}`, 'utf8')) || null
  } catch {
    return null
  }
}
