import { statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { liveConfig, liveService } from '../../support/liveService.ts'
import { largeJpeg } from '../../support/mediaVariants.ts'
import { realClock } from '../../support/realClock.ts'
import { syncBox } from '../../support/syncBox.ts'

vi.setConfig({ testTimeout: 300_000 })

test.concurrent('a body that the object store does not take, with any signed URL, is set aside with its status; its neighbour goes on', async () => {
  await using box = await syncBox()
  box.emulator.setFaults({ match: { call: 'PUT bucket' }, do: { kind: 'status', status: 413, when: 'before' } })
  box.put('v.mp4', 'plain.mp4')
  for (const frame of [1, 2]) box.put(`g/${frame}.jpg`)
  const result = await box.once()
  expect(result).toMatchObject({ exitCode: 0, failed: 0 })
  const rejected = box.events.filter(({ name }) => name === 'unit.rejected').map(({ fields }) => [fields['path'], fields['why']])
  const why = expect.stringContaining('the object store does not take it (HTTP 413, with 3 fresh signed URLs)')
  expect(rejected.sort()).toEqual([
    ['g', why],
    ['v.mp4', why],
  ])
  box.emulator.setFaults()
  box.put('a.png', 'plain.png')
  await box.once()
  expect(box.emulator.rows().map(({ title }) => title)).toEqual(['a.png'])
})

test.concurrent('a signed URL that is refused as such is no fault of the file: it is tried again', async () => {
  await using box = await syncBox()
  box.emulator.setFaults({ match: { call: 'PUT bucket' }, do: { kind: 'status', status: 403, when: 'before' } })
  box.put('v.mp4', 'plain.mp4')
  expect(await box.once({ waitMs: 1_000 })).toMatchObject({ exitCode: 1, failed: 1 })
  box.emulator.setFaults()
  expect(await box.once()).toMatchObject({ exitCode: 0 })
  expect(box.emulator.rows()).toHaveLength(1)
})

test.concurrent('a group says when its bytes begin to leave, and when all have', async () => {
  await using box = await syncBox()
  for (const frame of [1, 2, 3]) box.put(`g/${frame}.jpg`)
  await box.once()
  const group = box.events.filter(({ fields }) => fields['path'] === 'g').map(({ name }) => name)
  expect(group.filter((name) => name.startsWith('upload.') || name === 'unit.synced')).toEqual([
    'upload.started',
    'upload.sent',
    'unit.synced',
  ])
  expect(box.events.find(({ name }) => name === 'upload.sent')?.fields).toMatchObject({
    sizeBytes: 3 * statSync(join(box.folder, 'g/1.jpg')).size,
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
})

test.concurrent('a long upload says every ten seconds how far it is', async () => {
  await using box = await syncBox()
  let aheadMs = 0
  const clock = { ...realClock, monotonicMs: () => realClock.monotonicMs() + aheadMs }
  await using service = await liveService(box, liveConfig(box, { IN: '' }, 'upload: { bandwidth: 2MB/s }'), { clock })
  const started = service.next('upload.started')
  box.write('large.jpg', largeJpeg(4_000_000))
  await started
  const progress = service.next('upload.progress')
  aheadMs = 11_000
  const { path, sentBytes, sizeBytes } = await progress
  expect(path).toBe('large.jpg')
  expect(Number(sentBytes)).toBeLessThan(Number(sizeBytes))
})
