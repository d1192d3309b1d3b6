import { truncateSync, writeFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { openDisk } from '../../src/app/disk.ts'
import { inquire } from '../../src/sync/inquire.ts'
import { SIDECAR } from '../../src/sync/plan/sidecar.ts'
import type { Disk } from '../../src/sync/ports.ts'
import { realClock } from '../support/realClock.ts'
import { SurveyBox } from '../support/surveyBox.ts'

const real = openDisk(() => Promise.reject(new Error('nobody looks here')))

/** Asks about the box's only file, with this disk. */
async function ask(box: SurveyBox, kind: 'hash' | 'inspect' | 'inspect-sidecar', disk: Disk) {
  box.put('a.jpg')
  box.look()
  const [unit] = box.ledger.units.list(box.folderId)
  const asked = kind === 'inspect-sidecar' ? box.file('a.metadata.json') : box.ledger.tree.filesOfUnit(unit?.id ?? -1)[0]
  if (unit === undefined || asked == null) throw new Error('no file')
  const file = asked
  const tools = { ledger: box.ledger, disk, clock: realClock, signal: new AbortController().signal }
  const answer = await inquire(tools, box.folder, { kind, unitId: unit.id, fileId: file.id, because: 'a test' })
  return { answer, file: box.ledger.tree.file(file.id) }
}

test('a file that is cut while it is hashed is looked at again', async () => {
  using box = new SurveyBox()
  const cutting: Disk = {
    ...real,
    async openRegular(root, path, expected) {
      const opened = await real.openRegular(root, path, expected)
      truncateSync(box.at('a.jpg'), 10)
      return opened
    },
  }
  expect(await ask(box, 'hash', cutting)).toMatchObject({ answer: { kind: 'look', dir: '' }, file: { sha256: null, look: null } })
})

test.each(['EMFILE', 'ENFILE'])('%s is no fault of the file', async (errno) => {
  using box = new SurveyBox()
  const full: Disk = { ...real, openRegular: async () => ({ kind: 'unreadable', errno }) }
  expect(await ask(box, 'inspect', full)).toMatchObject({ answer: { kind: 'look' }, file: { look: null } })
})

test('a file that may not be read says so', async () => {
  using box = new SurveyBox()
  const denied: Disk = { ...real, openRegular: async () => ({ kind: 'unreadable', errno: 'EACCES' }) }
  expect(await ask(box, 'hash', denied)).toMatchObject({ answer: { kind: 'known' }, file: { look: { kind: 'unreadable', why: 'EACCES' } } })
})

test.each(['inspect', 'hash'] as const)(
  'what a disk does not give now (%s) is asked for again later, and says nothing about the file',
  async (kind) => {
    using box = new SurveyBox()
    const failing: Disk = {
      ...real,
      async openRegular(root, path, expected) {
        const opened = await real.openRegular(root, path, expected)
        const fail = () => Promise.reject(Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' }))
        return 'kind' in opened ? opened : { ...opened, read: fail, open: () => Readable.from(failingBytes()) }
      },
    }
    const later = { kind: 'later', why: 'a.jpg could not be read (EIO)' }
    expect(await ask(box, kind, failing)).toMatchObject({ answer: later, file: { look: null, sha256: null } })
    expect(await ask(box, kind, real)).toMatchObject({ answer: { kind: 'known' } })
  },
)

// biome-ignore lint/correctness/useYield: it fails before there is anything to give
async function* failingBytes(): AsyncGenerator<Buffer> {
  throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' })
}

test('a frame that the disk does not give for long is one that cannot be read', async () => {
  using box = new SurveyBox()
  const failing: Disk = { ...real, openRegular: async () => ({ kind: 'unreadable', errno: 'EIO' }) }
  box.put('g/1.jpg')
  box.look()
  const [unit] = box.ledger.units.list(box.folderId)
  const [file] = box.ledger.tree.filesOfUnit(unit?.id ?? -1)
  if (unit === undefined || file === undefined) throw new Error('no file')
  const tools = { ledger: box.ledger, disk: failing, clock: realClock, signal: new AbortController().signal }
  const inquiry = { kind: 'inspect', unitId: unit.id, fileId: file.id, because: 'a test' } as const
  for (const [attempts, kind] of [
    [0, 'later'],
    [11, 'later'],
    [12, 'known'],
  ] as const) {
    box.ledger.now(() => box.ledger.units.setWork(unit.id, 'failed', '', 0, attempts))
    expect((await inquire(tools, box.folder, inquiry)).kind).toBe(kind)
  }
  expect(box.ledger.tree.file(file.id)?.look).toEqual({ kind: 'unreadable', why: 'EIO' })
})

test.each(['EIO', 'EMFILE'])('a metadata file that its disk does not give now (%s) is no unusable one', async (errno) => {
  using box = new SurveyBox()
  writeFileSync(box.at('a.metadata.json'), '{"a": 1}')
  const failing: Disk = { ...real, openRegular: async () => ({ kind: 'unreadable', errno }) }
  expect(await ask(box, 'inspect-sidecar', failing)).toMatchObject({ answer: { kind: 'later' } })
  const [sidecar] = box.ledger.tree.filesBelow(box.folderId, '').filter(({ path }) => path === 'a.metadata.json')
  expect(sidecar).toMatchObject({ sha256: null, problem: SIDECAR })
})
