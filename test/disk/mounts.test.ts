import { describe, expect, test } from 'vitest'
import { fsKind, fsTypeOf } from '../../src/disk/fileSystem.ts'
import { mountKeys, mountsBelow, mountsUnder, parseMountinfo } from '../../src/disk/mounts.ts'
import { scratchFolder } from '../support/scratchFolder.ts'

const TABLE = [
  '22 27 0:21 / /proc rw,relatime - proc proc rw',
  '27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard',
  '36 27 0:45 / /data rw,relatime shared:9 master:2 propagate_from:1 - xfs /dev/sdb1 rw',
  '37 36 0:46 / /data/in/card\\0401 rw - vfat /dev/sdc1 rw',
  '38 36 0:47 / /data/in/a\\011b\\012c\\134d rw - nfs4 nas:/x\\040y rw,vers=4.2',
  '39 36 0:48 / /data/in/auto rw - autofs systemd-1 rw',
  '40 39 0:49 / /data/in/auto rw - nfs4 nas:/auto rw',
  '41 36 0:50 /sub /data/in/caf\\303\\251 rw - btrfs /dev/sdd rw',
  '42 36 0:51 / /data/in2 rw - tmpfs tmpfs rw',
  '43 36 0:52 / /data/in/fuse rw - fuse.rclone remote: rw',
  'a line that is none',
  '',
].join('\n')

describe('the mount table', () => {
  test('is read with its escapes, whatever optional fields there are', () => {
    expect(parseMountinfo(TABLE)).toEqual(
      expect.arrayContaining([
        { point: '/', fsType: 'ext4', source: '/dev/vda' },
        { point: '/data', fsType: 'xfs', source: '/dev/sdb1' },
        { point: '/data/in/card 1', fsType: 'vfat', source: '/dev/sdc1' },
        { point: '/data/in/a\tb\nc\\d', fsType: 'nfs4', source: 'nas:/x y' },
        { point: '/data/in/café', fsType: 'btrfs', source: '/dev/sdd' },
      ]),
    )
  })

  test('gives the mounts under a folder and none beside it, sorted, the topmost where several lie on one point', () => {
    const mounts = mountsBelow(parseMountinfo(TABLE), '/data/in')
    expect(mountKeys(mounts)).toEqual(['nfs4 a\tb\nc\\d', 'nfs4 auto', 'btrfs café', 'vfat card 1', 'fuse.rclone fuse'])
  })

  test('names a folder that is a mount point itself, and knows the root of all', () => {
    expect(mountKeys(mountsBelow(parseMountinfo(TABLE), '/data/in2'))).toEqual(['tmpfs '])
    expect(mountKeys(mountsBelow(parseMountinfo(TABLE), '/'))).toContain('ext4 ')
    expect(mountKeys(mountsBelow(parseMountinfo(TABLE), '/'))).toContain('xfs data')
  })

  test('differs when a disk below the folder is away, and not when it came back under another device name', () => {
    const keysOf = (table: string): readonly string[] => mountKeys(mountsBelow(parseMountinfo(table), '/data/in'))
    expect(keysOf(TABLE.replace('/dev/sdc1', '/dev/sdz9'))).toEqual(keysOf(TABLE))
    expect(keysOf(TABLE.replace(/^37 .*\n/m, ''))).not.toEqual(keysOf(TABLE))
    expect(keysOf(TABLE.replace('- vfat', '- exfat'))).not.toEqual(keysOf(TABLE))
  })

  test.runIf(process.platform === 'linux')('of this system is readable and names no mount in an ordinary directory', () => {
    using box = scratchFolder()
    expect(mountsUnder(box.path)).toEqual([])
    expect(mountKeys(mountsUnder('/')).some((key) => key.startsWith('proc '))).toBe(true)
  })
})

describe('the kind of a file system', () => {
  test.each([
    [0xef53n, 'ef53 ext4', 'local'],
    [0x6969n, '6969 nfs', 'network'],
    [0x01021997n, '1021997 9p', 'network'],
    [0x65735546n, '65735546 fuse', 'fuse'],
    [0xff534d42n, 'ff534d42 cifs', 'network'],
    [-0xacb2ben, 'ff534d42 cifs', 'network'],
    [0x12345678n, '12345678 unknown', 'unknown'],
  ])('%s is %s, %s', (type, word, kind) => {
    expect(fsTypeOf(type)).toEqual({ word, kind })
  })

  test.runIf(process.platform === 'linux')('is known for a real directory and unknown for none', () => {
    expect(fsKind('/proc')).toBe('unknown')
    using box = scratchFolder()
    expect(fsKind(`${box.path}/gone`)).toBe('unknown')
  })
})
