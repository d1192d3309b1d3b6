import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { isOpenFailure, openRegular } from '../../src/disk/openRegular.ts'
import { fileStamp } from '../../src/disk/stamp.ts'
import type { FileStamp } from '../../src/model/file.ts'
import type { OpenedFile } from '../../src/sync/ports.ts'
import { asOrdinaryUser } from '../support/ordinaryUser.ts'
import { type ScratchFolder, scratchFolder } from '../support/scratchFolder.ts'

function stampAt(path: string): FileStamp {
  return fileStamp(lstatSync(path, { bigint: true }))
}

async function opened(root: string, path: string): Promise<OpenedFile> {
  const result = await openRegular(root, path, stampAt(`${root}/${path}`))
  if (isOpenFailure(result)) throw new Error(`${result.kind} ${result.errno}`)
  return result
}

describe('a file opened as it was scanned', () => {
  test('streams every byte, again for each attempt, also after an attempt was cut', async () => {
    using box = scratchFolder()
    const content = randomBytes(2_500_001)
    box.write('d/v.mp4', content)
    const file = await opened(box.path, 'd/v.mp4')
    expect(file.sizeBytes).toBe(2_500_001)
    const cut = file.open()
    await new Promise((resolve) => cut.once('data', resolve))
    cut.destroy()
    for (let attempt = 0; attempt < 12; attempt++) expect((await buffer(file.open())).equals(content)).toBe(true)
    await file.close()
  })

  test('an empty file is an empty stream', async () => {
    using box = scratchFolder()
    box.write('empty.jpg', '')
    const file = await opened(box.path, 'empty.jpg')
    expect(await buffer(file.open())).toHaveLength(0)
    await file.close()
  })

  test('reads at positions, and less at the end', async () => {
    using box = scratchFolder()
    box.write('a.jpg', '0123456789')
    const file = await opened(box.path, 'a.jpg')
    expect(Buffer.from(await file.read(2, 3)).toString()).toBe('234')
    expect(Buffer.from(await file.read(8, 100)).toString()).toBe('89')
    expect(await file.read(100, 4)).toHaveLength(0)
    await file.close()
    await file.close()
    await expect(file.read(0, 1)).rejects.toThrow('closed')
  })

  test('closing waits for the read under way', async () => {
    using box = scratchFolder()
    const content = randomBytes(3_000_000)
    box.write('v.mp4', content)
    const file = await opened(box.path, 'v.mp4')
    const reading = file.read(0, content.length)
    await file.close()
    expect(Buffer.from(await reading).equals(content)).toBe(true)
  })

  test.each<[string, (path: string, root: string) => void]>([
    ['grew', (path) => appendFileSync(path, 'more')],
    ['was rewritten in place with its times put back', rewriteInPlace],
    ['was replaced by another file', (path, root) => replaceWhole(path, root)],
    ['was removed', (path) => rmSync(path)],
    ['had its directory swapped for a link to a copy', (_path, root) => swapDirectory(root)],
  ])('is no longer unchanged when it %s', async (_what, change) => {
    using box = scratchFolder()
    const path = box.write('d/v.mp4', 'content')
    const file = await opened(box.path, 'd/v.mp4')
    expect(await file.unchanged()).toBe(true)
    untilLaterTick(box, path)
    change(path, box.path)
    expect(await file.unchanged()).toBe(false)
    await file.close()
  })

  test('a stream over a file that was cut short fails instead of ending', async () => {
    using box = scratchFolder()
    const path = box.write('v.mp4', randomBytes(2_000_000))
    const file = await opened(box.path, 'v.mp4')
    truncateSync(path, 1_500_000)
    await expect(buffer(file.open())).rejects.toThrow('shorter')
    await file.close()
  })
})

/** File times come in ticks of some milliseconds: what happens within the same one leaves no trace. */
function untilLaterTick(box: ScratchFolder, path: string): void {
  const ctimeNs = (at: string): bigint => lstatSync(at, { bigint: true }).ctimeNs
  while (ctimeNs(box.write('tick')) <= ctimeNs(path));
}

function rewriteInPlace(path: string): void {
  const { atime, mtime } = lstatSync(path)
  writeFileSync(path, 'CONTENT')
  utimesSync(path, atime, mtime)
}

function replaceWhole(path: string, root: string): void {
  writeFileSync(`${root}/new`, readFileSync(path))
  renameSync(`${root}/new`, path)
}

function swapDirectory(root: string): void {
  renameSync(`${root}/d`, `${root}/moved`)
  symlinkSync('moved', `${root}/d`)
}

describe('what is not the file that was scanned is not opened', () => {
  test('a FIFO, a socket’s place, a directory and a link are not regular, and nobody waits for the FIFO', async () => {
    using box = scratchFolder()
    const stamp = stampAt(box.write('real.jpg'))
    execFileSync('mkfifo', [`${box.path}/pipe`])
    mkdirSync(`${box.path}/dir`)
    symlinkSync('real.jpg', `${box.path}/link`)
    for (const path of ['pipe', 'dir', 'link']) {
      expect(await openRegular(box.path, path, stamp)).toMatchObject({ kind: 'not-regular' })
    }
  })

  test('another size, another time or another inode is a change', async () => {
    using box = scratchFolder()
    const stamp = stampAt(box.write('a.jpg', '12345'))
    for (const other of [
      { ...stamp, sizeBytes: 6 },
      { ...stamp, mtimeNs: String(BigInt(stamp.mtimeNs) + 1n) },
      { ...stamp, ctimeNs: String(BigInt(stamp.ctimeNs) - 1n) },
      { ...stamp, ino: '1' },
    ]) {
      expect(await openRegular(box.path, 'a.jpg', other)).toMatchObject({ kind: 'changed' })
    }
  })

  test('a directory above that is a link, or a file, or gone, is found although the file answers through it', async () => {
    using box = scratchFolder()
    const path = box.write('d/deep/a.jpg')
    const stamp = stampAt(path)
    swapDirectory(box.path)
    expect(readFileSync(path, 'utf8')).toBe('x')
    expect(await openRegular(box.path, 'd/deep/a.jpg', stamp)).toEqual({ kind: 'changed', errno: 'ELOOP' })
    rmSync(`${box.path}/d`)
    expect(await openRegular(box.path, 'd/deep/a.jpg', stamp)).toEqual({ kind: 'gone', errno: 'ENOENT' })
    box.write('d', 'a file')
    expect(await openRegular(box.path, 'd/deep/a.jpg', stamp)).toEqual({ kind: 'changed', errno: 'ENOTDIR' })
  })

  test('a file that is gone is gone, one without permission is unreadable', async () => {
    using box = scratchFolder()
    chmodSync(box.path, 0o755)
    const path = box.write('a.jpg')
    chmodSync(path, 0)
    expect(await asOrdinaryUser(() => openRegular(box.path, 'a.jpg', stampAt(path)))).toEqual({ kind: 'unreadable', errno: 'EACCES' })
    expect(await openRegular(box.path, 'b.jpg', stampAt(path))).toEqual({ kind: 'gone', errno: 'ENOENT' })
  })
})
