import { unlink } from 'node:fs/promises'
import { proveAbsent } from '../disk/absence.ts'
import { lookAtAncestorsSync } from '../disk/ancestors.ts'
import { errnoOf } from '../disk/errno.ts'
import { fsKind } from '../disk/fileSystem.ts'
import { readIdentity, writeMarker } from '../disk/identity.ts'
import { openIgnoreRules } from '../disk/ignoreRules.ts'
import { isBlind, readListing, whyUnreadable } from '../disk/listing.ts'
import { mountIdentities } from '../disk/mountIdentity.ts'
import { MOUNT_TABLE, mountKeys, mountsUnder } from '../disk/mounts.ts'
import { openRegular } from '../disk/openRegular.ts'
import { statePath } from '../disk/stateDirectory.ts'
import { detectMedia } from '../media/detectMedia.ts'
import { readDicom } from '../media/dicom.ts'
import { imageSize } from '../media/imageSize.ts'
import { judgeWholeness } from '../media/judgeWholeness.ts'
import { type FileStamp, joinPath } from '../model/file.ts'
import type { Disk, OpenedFile } from '../sync/ports.ts'
import type { Look } from '../sync/records.ts'
import { openAlives } from './signsOfLife.ts'

/**
 * Fills sync's port to the disk.
 * @param survey how a walk is run: in its thread, or on a private copy of the ledger
 * @param patternsOf the config's ignore patterns of the folder with this root
 */
export function openDisk(survey: Disk['survey'], patternsOf: (root: string) => readonly string[] = () => []): Disk {
  const alives = openAlives()
  return {
    survey,
    openRegular,
    inspect,
    identity: async (root) => {
      const seen = await readIdentity(root)
      if (seen.kind === 'absent') {
        return seen.errno === 'ENOENT' || seen.errno === 'ENOTDIR' || seen.errno === 'ELOOP'
          ? { kind: 'absent', errno: seen.errno }
          : { kind: 'unreadable', errno: seen.errno }
      }
      const errno = whyUnreadable(root)
      if (errno !== null) return { kind: 'unreadable', errno }
      const mounts = underneath(root)
      if (typeof mounts === 'string') return { kind: 'unreadable', errno: `${MOUNT_TABLE}: ${mounts}` }
      const { place, marker } = seen
      const mounted = mountKeys(mounts)
      return {
        kind: 'there',
        root: seen.root,
        place,
        mounted,
        marker: marker ?? 'none',
        alive: alives.seen(root, seen.root.ino, seen.alive),
      }
    },
    proveAbsent: async (root, path, look) => {
      const mounts = underneath(root)
      return typeof mounts === 'string' ? { kind: 'unseen', at: '', errno: mounts } : await proveAbsent(root, path, mounts, look)
    },
    filesIn: (root, dir, names) => {
      const listing = readListing(root, dir, names)
      if (isBlind(listing)) return null
      const rules = openIgnoreRules(root, patternsOf(root))
      const files = listing.files.filter((file) => !rules.check(joinPath(dir, file.name), false).ignored)
      return new Map<string, FileStamp>(files.map((file) => [file.name, file.stamp]))
    },
    namesIn: (root, dir, names) => {
      const way = lookAtAncestorsSync(root, dir)
      // A folder that is gone may be a disk that is away; what a link leads to is nobody's to tell.
      if (way.kind === 'broken') return way.at !== '' && isNowhere(way.errno) ? [] : null
      const listing = readListing(root, dir, names)
      return isBlind(listing) ? null : listing.files.map((file) => file.name)
    },
    mounts: (root) => mountIdentities(root).catch(() => null),
    writeMarker: async (root, marker, replace) => {
      if (replace === 'accepted') await unlink(statePath(root, 'folder.json')).catch(() => undefined)
      const result = await writeMarker(root, marker)
      return result.kind === 'unwritable' ? 'unwritable' : 'written'
    },
    writeAlive: (root, alive) => alives.write(root, alive),
    fileSystem: async (root) => {
      const kind = fsKind(root)
      return kind === 'network' || kind === 'fuse' ? 'network' : 'local'
    },
  }
}

/** There is no such directory. */
function isNowhere(errno: string): boolean {
  return errno === 'ENOENT' || errno === 'ENOTDIR'
}

/** The mounts below a folder; the errno when the mount table can't be read. */
function underneath(root: string): ReturnType<typeof mountsUnder> | string {
  try {
    return mountsUnder(root)
  } catch (error) {
    return errnoOf(error)
  }
}

/** What the bytes say; an errno while they are read is an answer too. */
async function inspect(file: OpenedFile): Promise<Look> {
  try {
    const type = await detectMedia(file)
    if (type === null) {
      const dicom = await readDicom(file)
      return dicom === null ? { kind: 'unknown' } : { kind: 'dicom', mime: 'application/dicom', ...dicom }
    }
    const size = await imageSize(file, type)
    return {
      kind: type.kind,
      format: type.format,
      mime: type.mime,
      whole: await judgeWholeness(file, type),
      ...(size === null ? {} : { pixels: size }),
    }
  } catch (error) {
    return { kind: 'unreadable', why: (error as NodeJS.ErrnoException).code ?? 'EIO' }
  }
}
