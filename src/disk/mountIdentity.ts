import { type BigIntStats, lstatSync, readdirSync, realpathSync } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { joinPath } from '../model/file.ts'
import { type FolderMount, mountsUnder } from './mounts.ts'

/** File systems whose root directory keeps its birth time over a remount, or (tmpfs) is another one after it. exFAT makes it up. */
const KEEPS_BIRTH: ReadonlySet<string> = new Set(['ext4', 'xfs', 'btrfs', 'zfs', 'f2fs', 'bcachefs', 'tmpfs', 'overlay'])
/** File systems of cards and sticks: every root directory looks alike, the volume's serial number tells. */
const HAS_SERIAL: ReadonlySet<string> = new Set(['vfat', 'exfat', 'ntfs', 'ntfs3', 'fuseblk', 'iso9660', 'udf', 'hfsplus'])
const SERIALS = '/dev/disk/by-uuid'

/**
 * One line per mount at and under a folder: type, who it is, place. Equal between two looks exactly when the same file systems are
 * mounted at the same places, whatever device name they got.
 * @throws the errno when the mount table can't be read: then nothing is known.
 */
export async function mountIdentities(root: string): Promise<readonly string[]> {
  return await Promise.all(
    mountsUnder(root).map(async (mount) => keyOf(mount, await lstat(placeOf(root, mount), { bigint: true }).catch(() => null))),
  )
}

/** The same, synchronous, for a worker thread. */
export function mountIdentitiesSync(root: string): readonly string[] {
  return mountsUnder(root).map((mount) => keyOf(mount, statsOf(placeOf(root, mount))))
}

function placeOf(root: string, { dir }: FolderMount): string {
  return dir === '' ? root : joinPath(root, dir)
}

function statsOf(place: string): BigIntStats | null {
  try {
    return lstatSync(place, { bigint: true })
  } catch {
    return null
  }
}

function keyOf(mount: FolderMount, stats: BigIntStats | null): string {
  const { dir, fsType, source } = mount
  const born = stats !== null && KEEPS_BIRTH.has(fsType) && tellsBirths() ? String(stats.birthtimeNs) : ''
  const volume = HAS_SERIAL.has(fsType) ? serialOf(source) : source.startsWith('/dev/') ? '' : encodeURIComponent(source)
  return `${fsType}#${stats?.ino ?? '?'}#${born}#${volume} ${dir}`
}

let birthsAreTold: boolean | null = null

/** Where the system can't tell birth times (no `statx`), it gives the last change in their place, for everything. */
function tellsBirths(): boolean {
  birthsAreTold ??= [process.execPath, '/', '/usr', '/etc'].some((path) => {
    const stats = statsOf(path)
    return stats !== null && stats.birthtimeNs !== stats.ctimeNs
  })
  return birthsAreTold
}

function serialOf(device: string): string {
  try {
    const real = realpathSync(device)
    return readdirSync(SERIALS).find((serial) => realpathSync(`${SERIALS}/${serial}`) === real) ?? ''
  } catch {
    return ''
  }
}
