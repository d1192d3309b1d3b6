import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, lstatSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { hiddenPlaces, isBlind, type Listing, readListing, whyUnreadable } from '../../src/disk/listing.ts'
import { asOrdinaryUser } from '../support/ordinaryUser.ts'
import { scratchFolder } from '../support/scratchFolder.ts'

function listed(root: string, dir = ''): Listing {
  const found = readListing(root, dir)
  if (isBlind(found)) throw new Error(`blind: ${found.why}`)
  return found
}

describe('a listing', () => {
  test('tells files, sub-directories and their exact times', () => {
    using box = scratchFolder()
    const file = box.write('a.jpg', '12345')
    box.mkdir('sub/deeper')
    const stats = lstatSync(file, { bigint: true })
    const listing = listed(box.path)
    expect(listing.files).toHaveLength(1)
    expect(listing.files[0]).toMatchObject({
      name: 'a.jpg',
      stamp: { sizeBytes: 5, mtimeNs: String(stats.mtimeNs), ctimeNs: String(stats.ctimeNs), ino: String(stats.ino) },
    })
    expect(listing.files[0]?.stamp.mtimeNs).toMatch(/^\d{19}$/)
    expect(listing.subdirs.map((sub) => sub.name)).toEqual(['sub'])
    expect(listing.subdirs[0]?.dev).toBe(listing.dev)
    expect(listing.unsettled).toBe(false)
  })

  test.each([
    ['a newline', 'General Semaphores\nBinary.jpg'],
    ['an emoji', '🎬 clip.mp4'],
    ['255 bytes', `${'x'.repeat(251)}.jpg`],
    ['a leading dash', '-rf.jpg'],
    ['a trailing space', 'trailing '],
    ['a backslash', 'back\\slash.jpg'],
    ['URL characters', 'a+b#c%41?d=e&f[1].jpg'],
    ['a real replacement character', 'odd\uFFFDname.jpg'],
    ['a decomposed letter', 'cafe\u0301.jpg'],
  ])('keeps a name with %s byte for byte', (_kind, name) => {
    using box = scratchFolder()
    box.write(`${name}/${name}`)
    expect(listed(box.path).subdirs.map((sub) => sub.name)).toEqual([name])
    expect(listed(box.path, name).files.map((file) => file.name)).toEqual([name])
  })

  test('reports names that are not UTF-8, files and directories, with inode and size, and keeps their neighbours', () => {
    using box = scratchFolder()
    box.write('ok.jpg')
    box.write('odd\uFFFD.jpg')
    const latin1 = Buffer.concat([Buffer.from(`${box.path}/caf`), Buffer.from([0xe9]), Buffer.from('.jpg')])
    writeFileSync(latin1, '1234567')
    mkdirSync(Buffer.concat([Buffer.from(`${box.path}/d`), Buffer.from([0xe9])]))
    const listing = listed(box.path)
    expect(listing.files.map((file) => file.name).sort()).toEqual(['odd\uFFFD.jpg', 'ok.jpg'])
    expect(listing.subdirs).toEqual([])
    expect([...listing.problems].sort((a, b) => (a.name < b.name ? -1 : 1))).toMatchObject([
      { name: 'caf\\xe9.jpg', reason: 'not-utf8', isDirectory: false, sizeBytes: 7, ino: String(lstatSync(latin1).ino) },
      { name: 'd\\xe9', reason: 'not-utf8', isDirectory: true },
    ])
    expect(hiddenPlaces(listing)).toEqual([{ dir: 'd\\xe9', why: 'not-utf8' }])
  })

  test('names FIFO, socket and links by what they are and opens none of them', async () => {
    using box = scratchFolder()
    execFileSync('mkfifo', [`${box.path}/pipe.mp4`])
    symlinkSync('.', `${box.path}/loop`)
    symlinkSync('nowhere', `${box.path}/dangling.jpg`)
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(`${box.path}/s.sock`, resolve))
    try {
      const reasons = Object.fromEntries(listed(box.path).problems.map(({ name, reason }) => [name, reason]))
      expect(reasons).toEqual({ 'pipe.mp4': 'fifo', loop: 'symlink', 'dangling.jpg': 'symlink', 's.sock': 'socket' })
    } finally {
      server.close()
    }
  })

  test('a device is a device', () => {
    const found = readListing('/dev', '')
    expect(isBlind(found) ? [] : found.problems).toContainEqual(expect.objectContaining({ name: 'null', reason: 'device' }))
  })

  test('reads the attributes of a file with a hole and of an empty one', () => {
    using box = scratchFolder()
    truncateSync(box.write('sparse.mp4'), 5_000_000_000)
    box.write('empty.jpg', '')
    expect(
      listed(box.path)
        .files.map(({ name, stamp }) => [name, stamp.sizeBytes])
        .sort(),
    ).toEqual([
      ['empty.jpg', 0],
      ['sparse.mp4', 5_000_000_000],
    ])
  })

  test('says that it is no snapshot when a name vanished while it was read', async () => {
    using box = scratchFolder()
    const churn = `const fs = require('node:fs'), dir = process.argv[1], names = Array.from({ length: 400 }, (_, i) => dir + '/' + i)
      process.stdout.write('on'); for (;;) { for (const name of names) fs.writeFileSync(name, ''); for (const name of names) fs.unlinkSync(name) }`
    const child = spawn(process.execPath, ['-e', churn, box.path])
    try {
      await new Promise((resolve) => child.stdout.once('data', resolve))
      let unsettled = false
      while (!unsettled) unsettled = listed(box.path).unsettled
      expect(unsettled).toBe(true)
    } finally {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    }
  })

  test('is blind where nothing, a file or a link stands in the place of the directory', () => {
    using box = scratchFolder()
    box.write('file')
    box.mkdir('real')
    symlinkSync('real', `${box.path}/link`)
    expect(readListing(box.path, 'gone')).toEqual({ dir: 'gone', why: 'ENOENT' })
    expect(readListing(box.path, 'file')).toEqual({ dir: 'file', why: 'not-a-directory' })
    expect(readListing(box.path, 'link')).toEqual({ dir: 'link', why: 'symlink' })
  })

  test('is blind for an ordinary user where the mode forbids to list, or to look at what is listed', async () => {
    using box = scratchFolder()
    chmodSync(box.path, 0o755)
    box.write('unlisted/a.jpg')
    box.write('unsearchable/a.jpg')
    chmodSync(`${box.path}/unlisted`, 0o311)
    chmodSync(`${box.path}/unsearchable`, process.geteuid?.() === 0 ? 0o744 : 0o644)
    expect(await asOrdinaryUser(() => ['unlisted', 'unsearchable', ''].map((dir) => whyUnreadable(`${box.path}/${dir}`)))).toEqual([
      'EACCES',
      'EACCES',
      null,
    ])
    const found = await asOrdinaryUser(() => ['unlisted', 'unsearchable'].map((dir) => readListing(box.path, dir)))
    for (const dir of ['unlisted', 'unsearchable']) chmodSync(`${box.path}/${dir}`, 0o755)
    expect(found).toEqual([
      { dir: 'unlisted', why: 'EACCES', ctimeNs: expect.any(String) },
      { dir: 'unsearchable', why: 'EACCES', ctimeNs: expect.any(String) },
    ])
  })
})
