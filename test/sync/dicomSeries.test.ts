import { renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { PATIENT_DATA } from '../../src/model/patientData.ts'
import type { CrashPoint } from '../../src/sync/effectTools.ts'
import { dicomBytes, slice } from '../support/dicomBytes.ts'
import { call, put, type WireTicket } from '../support/emulatorCalls.ts'
import { type SyncBox, syncBox } from '../support/syncBox.ts'

// Several passes over real files at once: generous where the machine is busy.
vi.setConfig({ testTimeout: 300_000 })

const SETTINGS = ', dicomseries: true, regroup_settle: 200ms'
const UID = '1.2.840.7'
const OTHER = '1.2.840.30'

/** A DICOM file that is told from every other by its bytes. */
function scan(uid: string, number: number, patient = `P-${number}`): Buffer {
  return dicomBytes(slice(uid, number, { patient }))
}

/** Three slices, whose numbers are not in the order of their names, and one of another series beside them. */
async function seriesBox(): Promise<SyncBox> {
  const box = await syncBox()
  box.settle = '100ms'
  box.write('ct/a.dcm', scan(UID, 3))
  box.write('ct/IM0002', scan(UID, 1))
  box.write('ct/1.2.840.9', scan(UID, 2))
  box.write('ct/z.IMA', scan(OTHER, 1))
  return box
}

/** A file that completes its directory: a later `.done` ends the wait for more. */
function completed(box: SyncBox, name: string, bytes: Buffer): void {
  box.write(name, bytes)
  const ctimeNs = (path: string): bigint => statSync(join(box.folder, path), { bigint: true }).ctimeNs
  do box.write('ct/.done', 'all of it')
  while (ctimeNs('ct/.done') <= ctimeNs(name))
}

/** Titles of the series, with the files of each in order. */
function series(box: SyncBox): Readonly<Record<string, readonly string[]>> {
  const rows = box.emulator.rows().filter((row) => row.type === 'DICOM')
  return Object.fromEntries(rows.map((row) => [row.title, row.frames.map((frame) => frame.title)]))
}

/** By the natural order of UIDs: 7 before 30. */
const NATURAL = { ct: ['IM0002', '1.2.840.9', 'a.dcm'], 'ct-2': ['z.IMA'] }

test.concurrent('two series in one directory are two rows, of the right files in the order of their numbers, beside its images', async () => {
  await using box = await seriesBox()
  box.put('ct/photo.jpg')
  box.write('ct/README', 'no image')
  box.write('ct/DICOMDIR', scan(UID, 9))
  box.write('top.dcm', scan('1.5', 1))
  const plan = await box.plan(SETTINGS)
  expect(plan.warnings).toEqual([{ path: '', text: PATIENT_DATA }])
  expect(plan.uploads.map(({ path, kind, files }) => `${path} ${kind} ${files}`).sort()).toEqual([
    '1.5 dicom_series 1',
    'ct image_group 1',
    `ct/${OTHER} dicom_series 1`,
    `ct/${UID} dicom_series 3`,
  ])
  expect((await box.once({ settings: SETTINGS })).exitCode).toBe(0)
  expect(series(box)).toEqual({ ...NATURAL, '1.5': ['top.dcm'] })
  expect(box.emulator.rows().find((row) => row.type === 'IMG_GROUP')?.title).toBe('ct')
  const types = box.emulator.rows().flatMap((row) => (row.type === 'DICOM' ? row.frames.map((frame) => frame.contentType) : []))
  expect(new Set(types)).toEqual(new Set(['application/dicom']))
  expect(box.emulator.calls.count('PUT images')).toBe(1)
  const after = await box.plan(SETTINGS)
  expect(after).toMatchObject({ uploads: [], deletes: [], warnings: [] })
  expect(after.refused.map(({ path }) => path).sort()).toEqual(['ct/DICOMDIR', 'ct/README'])
})

test.concurrent('folders send no DICOM file unless they are told to, and say how', async () => {
  await using box = await seriesBox()
  expect((await box.once({ settings: '' })).exitCode).toBe(0)
  expect(box.emulator.rows()).toEqual([])
  expect(box.emulator.calls.counts()).toEqual({ 'GET dataset': 1 })
  const { refused } = await box.plan()
  expect(refused.find(({ path }) => path === 'ct/a.dcm')?.why).toMatch(/`dicomseries: true` in the folder sends series/)
})

test.concurrent('a slice that lacks a tag holds up its series, is named with the tag, and no patient is', async () => {
  await using box = await seriesBox()
  box.write('ct/b.dcm', dicomBytes([...slice(UID, 4, { patient: '' })].filter(([tag]) => tag !== 0x00280010)))
  box.write('ct/stray.dcm', dicomBytes(slice('', 1)))
  box.write('ct/odd.dcm', dicomBytes(slice('Doe^Jane', 1)))
  expect((await box.once({ settings: SETTINGS })).exitCode).toBe(0)
  expect(series(box)).toEqual({ 'ct-2': ['z.IMA'] })
  const { refused } = await box.plan(SETTINGS)
  const noSeries = expect.stringMatching(/without a SeriesInstanceUID that is one/)
  expect(Object.fromEntries(refused.map(({ path, why }) => [path, why]))).toEqual({
    [`ct/${UID}`]: 'ct/b.dcm: it lacks PatientID, Rows, which Encord needs',
    'ct/stray.dcm': noSeries,
    'ct/odd.dcm': noSeries,
  })
  expect(JSON.stringify([box.events, refused])).not.toMatch(/P-\d|Doe/)
  // Mended, it goes; the other one keeps its title.
  completed(box, 'ct/b.dcm', scan(UID, 4))
  expect((await box.once({ settings: SETTINGS })).exitCode).toBe(0)
  expect(series(box)).toEqual({ ct: ['IM0002', '1.2.840.9', 'a.dcm', 'b.dcm'], 'ct-2': ['z.IMA'] })
})

test.concurrent('a file of the directory that is empty, and may be a slice, holds up every series there; a marker without an extension none', async () => {
  await using box = await seriesBox()
  box.write('ct/COMPLETE', '')
  box.write('ct/late.dcm', '')
  await box.once({ settings: SETTINGS, waitMs: 3_000 })
  expect(series(box)).toEqual({})
  const { waiting } = await box.plan(SETTINGS)
  expect(waiting.find(({ path }) => path === `ct/${UID}`)?.why).toBe('ct/late.dcm: empty: 0 bytes')
  completed(box, 'ct/late.dcm', scan(UID, 9))
  await box.once({ settings: SETTINGS })
  expect(series(box)).toEqual({ ct: [...NATURAL.ct, 'late.dcm'], 'ct-2': ['z.IMA'] })
})

test.concurrent('what Encord refuses is set aside with its word, and sent again only on request', async () => {
  await using box = await seriesBox()
  box.emulator.setFaults({ match: { call: 'POST dicomseries', nth: 1 }, do: { kind: 'error', word: 'FILE_TYPE_NOT_SUPPORTED_ERROR' } })
  await box.once({ settings: SETTINGS })
  expect(Object.keys(series(box))).toHaveLength(1)
  box.emulator.calls.reset()
  await box.once({ settings: SETTINGS })
  expect(box.emulator.calls.counts()).toEqual({ 'GET dataset': 1 })
  const { refused } = await box.plan(SETTINGS)
  expect(refused.map(({ why }) => why)).toEqual(['Encord refused it: FILE_TYPE_NOT_SUPPORTED_ERROR'])
})

test.concurrent('a lost answer is looked up by title, and makes one row', async () => {
  await using box = await seriesBox()
  box.emulator.setFaults({ match: { call: 'POST dicomseries', nth: 1 }, do: { kind: 'cut', when: 'after' } })
  expect((await box.once({ settings: SETTINGS })).exitCode).toBe(0)
  expect(series(box)).toEqual(NATURAL)
  expect(box.emulator.calls.count('POST dicomseries')).toBe(2)
})

test.concurrent('a call that never arrived is made again, once two listings lack its row', async () => {
  await using box = await seriesBox()
  box.emulator.setFaults({ match: { call: 'POST dicomseries', nth: 1 }, do: { kind: 'cut', when: 'before' } })
  expect((await box.once({ settings: SETTINGS })).exitCode).toBe(0)
  expect(series(box)).toEqual(NATURAL)
  expect(box.emulator.calls.count('PUT bucket')).toBe(4)
})

test.concurrent.each<CrashPoint>(['put.done', 'group.intended'])('a death at %s leaves one row of each series', async (point) => {
  await using box = await seriesBox()
  let left = 1
  const crashPoint = (name: CrashPoint): void => {
    if (name === point && left-- === 1) throw new Error('died')
  }
  await expect(box.once({ settings: SETTINGS, crashPoint })).rejects.toThrow('died')
  expect((await box.once({ settings: SETTINGS })).exitCode).toBe(0)
  expect(series(box)).toEqual(NATURAL)
})

test.concurrent('a slice that comes later makes a new version, and the older row waits for a person', async () => {
  await using box = await seriesBox()
  await box.once({ settings: SETTINGS })
  completed(box, 'ct/b.dcm', scan(UID, 0))
  for (let pass = 0; pass < 3; pass++) await box.once({ settings: SETTINGS })
  const rows = box.emulator.rows().filter((row) => row.title === 'ct')
  expect(rows.map((row) => row.frames.length).sort()).toEqual([3, 4])
  expect(rows.find((row) => row.frames.length === 4)?.frames[0]?.title).toBe('b.dcm')
  const { deletes } = await box.plan(SETTINGS)
  expect(deletes).toMatchObject([{ path: `ct/${UID}`, title: 'ct' }])
  expect(deletes[0]?.verdict).not.toBe('delete')
})

test.concurrent('a renamed directory keeps the rows of its series; a removed one loses each by one DELETE after its proof', async () => {
  await using box = await seriesBox()
  for (const name of ['a.jpg', 'b.jpg', 'c.mp4']) box.put(name, name.endsWith('mp4') ? 'plain.mp4' : 'plain.jpg')
  await box.once({ settings: SETTINGS })
  const hashes = box.emulator.rows().map((row) => row.data_hash)
  box.emulator.calls.reset()
  renameSync(join(box.folder, 'ct'), join(box.folder, 'mr'))
  for (let pass = 0; pass < 2; pass++) expect((await box.once({ settings: SETTINGS })).exitCode).toBe(0)
  expect(Object.keys(series(box)).sort()).toEqual(['mr', 'mr-2'])
  expect(box.emulator.rows().map((row) => row.data_hash)).toEqual(hashes)
  expect(box.emulator.calls.count('PUT bucket') + box.emulator.calls.count('DELETE video')).toBe(0)
  rmSync(join(box.folder, 'mr'), { recursive: true })
  await box.once({ settings: SETTINGS })
  await box.onceAfterGrace({ settings: SETTINGS })
  expect(
    box.emulator
      .rows()
      .map((row) => row.title)
      .sort(),
  ).toEqual(['a.jpg', 'b.jpg', 'c.mp4'])
  expect(box.emulator.calls.count('DELETE video')).toBe(1)
})

test.concurrent('turned off, the option lets go of the rows and deletes nothing; turned on again, they are its series again', async () => {
  await using box = await seriesBox()
  await box.once({ settings: SETTINGS })
  const hashes = box.emulator.rows().map((row) => row.data_hash)
  box.emulator.calls.reset()
  for (let pass = 0; pass < 3; pass++) await box.once({ settings: '' })
  expect((await box.plan()).refused.map(({ path }) => path)).toContain('ct/a.dcm')
  for (let pass = 0; pass < 2; pass++) await box.once({ settings: SETTINGS })
  expect(await box.plan(SETTINGS)).toMatchObject({ uploads: [], deletes: [], refused: [], synced: 2 })
  expect(box.emulator.rows().map((row) => row.data_hash)).toEqual(hashes)
  expect(box.emulator.calls.count('PUT bucket') + box.emulator.calls.count('DELETE video')).toBe(0)
})

test.concurrent('a lost ledger finds the series again by the notes on their rows, and sends nothing', async () => {
  await using box = await seriesBox()
  await box.once({ settings: SETTINGS })
  rmSync(join(box.base, 'state'), { recursive: true })
  rmSync(join(box.folder, '.encord-sync'), { recursive: true, force: true })
  box.emulator.calls.reset()
  for (let pass = 0; pass < 2; pass++) await box.once({ settings: SETTINGS })
  expect(series(box)).toEqual(NATURAL)
  expect(box.emulator.calls.count('PUT bucket') + box.emulator.calls.count('POST dicomseries')).toBe(0)
  expect(await box.plan(SETTINGS)).toMatchObject({ uploads: [], deletes: [], refused: [], synced: 2 })
})

test.concurrent('a call that may have made another DICOM row waits for a person, and is never made again by itself', async () => {
  await using box = await syncBox()
  box.settle = '100ms'
  box.write('ct/a.dcm', scan(UID, 1))
  const [ticket] = (await call(box.emulator, 'signeddicomsurl GET', ['x.dcm'])).response as WireTicket[]
  if (ticket === undefined) throw new Error('no ticket')
  await put(ticket, new Uint8Array(scan('1.9', 1)))
  const strange = { id: ticket.data_hash, uri: ticket.file_link, title: 'x.dcm' }
  await call(box.emulator, 'dicomseries POST', [strange], { title: 'of another client' })
  box.emulator.setFaults({ match: { call: 'POST dicomseries', nth: 1 }, do: { kind: 'cut', when: 'before' } })
  for (let pass = 0; pass < 2; pass++) await box.once({ settings: SETTINGS })
  expect(Object.keys(series(box))).toEqual(['of another client'])
  expect((await box.plan(SETTINGS)).refused).toEqual([
    { path: `ct/${UID}`, why: 'its answer was lost, and a DICOM row made since could be it' },
  ])
})

test.concurrent('a lost ledger without notes on the rows leaves each series to a person, by its title', async () => {
  await using box = await seriesBox()
  box.emulator.setFaults({ match: { call: ['GET datarow', 'POST datarow'] }, do: { kind: 'error', word: 'OPERATION_NOT_ALLOWED' } })
  await box.once({ settings: SETTINGS })
  rmSync(join(box.base, 'state'), { recursive: true })
  rmSync(join(box.folder, '.encord-sync'), { recursive: true, force: true })
  await box.once({ settings: SETTINGS })
  expect(box.emulator.rows()).toHaveLength(2)
  expect((await box.plan(SETTINGS)).refused.map(({ path, why }) => `${path}: ${/"(.*)"/.exec(why)?.[1]}`).sort()).toEqual([
    `ct/${OTHER}: ct-2`,
    `ct/${UID}: ct`,
  ])
})
