import { expect, test } from 'vitest'
import { FOLDER_STATES } from '../../src/model/folder.ts'
import { PLANTED_MS } from '../support/ledgerBox.ts'
import { StatusBox, TOKEN } from '../support/statusBox.ts'

/** A folder with a synced, a failed and a waiting file, a held delete whose reason names a file, and an upload in hand. */
async function busyBox(): Promise<StatusBox> {
  const box = new StatusBox()
  const folder = box.folder('in')
  box.ledger.unit(folder, 'secret-a.jpg')
  box.ledger.unit(folder, 'secret-b.jpg', { work: 'failed', why: 'HTTP 503', current: null })
  box.ledger.unit(folder, 'secret-c.jpg', { work: 'waiting', why: 'it still grows', current: null })
  const { versionId } = box.ledger.unit(folder, 'secret-d.jpg', { local: 'absent' })
  const { candidates } = box.ledger.ledger
  candidates.add(versionId ?? 0, 'absent', null, PLANTED_MS)
  const batch = candidates.addBatch(folder.id, '0f3a9c0011223344', 'the same content stands at secret-a.jpg', PLANTED_MS)
  candidates.setBatch(versionId ?? 0, batch)
  box.ledger.scan(folder)
  box.uploads = [{ folder: folder.path, path: 'secret-e.mp4', sentBytes: 1_000_000, sizeBytes: 4_000_000 }]
  await box.serve()
  return box
}

test('with the token the JSON is what the local interface says', async () => {
  await using box = await busyBox()
  const api = box.api()
  const read = async (path: string): Promise<unknown> => JSON.parse((await box.askWithToken(path)).body)
  expect(await read('/api/status')).toEqual(await api.status())
  expect(await read('/api/deletes')).toEqual(await api.deletes())
  expect(await read('/api/folders')).toEqual(await api.folders())
  expect(await read('/api/units')).toEqual(await api.units({ path: null }))
  expect(await read('/api/units?path=secret-a.jpg')).toEqual(await api.units({ path: 'secret-a.jpg' }))
  const path = `${box.folders[0]?.path}/secret-b.jpg`
  expect(await read(`/api/why?path=${encodeURIComponent(path)}`)).toEqual(await api.why({ path }))
})

test('without the token no name of a file is in any answer, and the numbers are all there', async () => {
  await using box = await busyBox()
  for (const path of [
    '/',
    '/?refresh=off',
    '/metrics',
    '/api/status',
    '/api/deletes',
    '/api/folders',
    '/files',
    '/api/units',
    '/api/why?path=secret-a.jpg',
  ]) {
    expect([path, (await box.ask(path)).body.includes('secret-')]).toEqual([path, false])
  }
  const { folders, exitCode } = await box.api().status()
  expect(JSON.parse((await box.ask('/api/status')).body)).toMatchObject({
    folders,
    exitCode,
    uploads: [{ path: null, sentBytes: 1_000_000 }],
  })
  expect(JSON.parse((await box.ask('/api/deletes')).body)).toMatchObject([
    { digest: '0f3a9c0011223344', why: null, units: [{ path: null }] },
  ])
})

test('names of files want the token: as Bearer, or as the password that a browser asks for', async () => {
  await using box = await busyBox()
  const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`
  for (const path of ['/files', '/api/units', '/api/why?path=x']) {
    for (const authorization of [
      undefined,
      'Bearer',
      'Bearer x',
      `Bearer ${TOKEN}x`,
      TOKEN,
      basic(`${TOKEN}:`),
      basic('me:'),
      'Basic %%%',
    ]) {
      const answer = await box.ask(path, authorization === undefined ? {} : { headers: { authorization } })
      expect([path, authorization, answer.status]).toEqual([path, authorization, 401])
      expect(answer.headers['www-authenticate']).toMatch(/^Basic realm="/)
      expect(answer.body).not.toContain(TOKEN)
    }
  }
  for (const authorization of [`Bearer ${TOKEN}`, `bearer ${TOKEN}`, basic(`me:${TOKEN}`), basic(`:${TOKEN}`)]) {
    expect((await box.ask('/files', { headers: { authorization } })).status).toBe(200)
  }
})

test('a path that no folder holds is answered with words, to those who have the token', async () => {
  await using box = await busyBox()
  const answer = await box.askWithToken('/api/why?path=/nowhere/x.jpg')
  expect(answer.status).toBe(404)
  expect(JSON.parse(answer.body)).toEqual({ error: { what: expect.stringContaining('/nowhere/x.jpg'), next: expect.any(String) } })
})

test('health is good while the engine makes its rounds, and bad once it has not for two minutes', async () => {
  await using box = new StatusBox()
  await box.serve()
  box.idleMs = 119_999
  expect(await box.ask('/healthz')).toMatchObject({ status: 200, body: 'ok\n' })
  box.idleMs = 120_000
  expect(await box.ask('/healthz')).toMatchObject({ status: 503, body: expect.stringMatching(/^stalled/) })
})

type Metric = { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly value: number }

/** A strict reader of the Prometheus text format, written from its description: a line that it does not know fails. */
function parseMetrics(text: string): readonly Metric[] {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  let family = ''
  return text
    .slice(0, -1)
    .split('\n')
    .flatMap((line): readonly Metric[] => {
      const head = /^# (?:HELP ([a-z_]+) .+|TYPE ([a-z_]+) gauge)$/.exec(line)
      if (head !== null) {
        family = head[1] ?? head[2] ?? ''
        return []
      }
      const [, name = '', labelText = '', value = ''] =
        /^([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)+)\})? (\S+)$/.exec(line) ?? []
      if (name !== family || !Number.isFinite(Number(value))) throw new Error(`not a sample of ${family}: ${line}`)
      const labels = [...labelText.matchAll(/([a-z]+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', quoted = '']) => [
        label,
        quoted.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character)),
      ])
      return [{ name, labels: Object.fromEntries(labels), value: Number(value) }]
    })
}

test('the metrics parse, add up, and are labelled by folder, state and kind only', async () => {
  await using box = await busyBox()
  box.idleMs = 2_500
  const { headers, body } = await box.ask('/metrics')
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
  const metrics = parseMetrics(body)
  const folder = box.folders[0]?.path ?? ''
  const metric = (name: string, labels: Metric['labels'] = {}) =>
    metrics.find((one) => one.name === `encord_sync_${name}` && JSON.stringify(one.labels) === JSON.stringify(labels))?.value
  expect(metric('info', { version: '1.2.3' })).toBe(1)
  expect(metric('engine_idle_seconds')).toBe(2.5)
  expect(metric('uploads_in_hand')).toBe(1)
  expect(metric('needs_person')).toBe(1)
  expect(metric('resident_bytes')).toBe(90_000_000)
  expect(metric('active_resources', { kind: 'Timeout' })).toBe(3)
  expect(metric('held_deletes', { folder })).toBe(1)
  expect(metric('last_whole_scan_timestamp_seconds', { folder })).toBe(PLANTED_MS / 1000)
  const units = ['synced', 'on_the_way', 'waiting', 'failed', 'set_aside', 'ignored', 'missing']
  expect(units.map((state) => metric('units', { folder, state }))).toEqual([1, 0, 1, 1, 0, 0, 1])
  expect(FOLDER_STATES.filter((state) => metric('folder_state', { folder, state }) === 1)).toEqual(['ok'])
  expect(new Set(metrics.flatMap((one) => Object.keys(one.labels)))).toEqual(new Set(['version', 'folder', 'state', 'kind']))
})

test('a folder whose path holds quotes, a backslash and a newline keeps the metrics whole', async () => {
  await using box = new StatusBox()
  box.folder('a"b\\c\nd')
  await box.serve()
  const labels = parseMetrics((await box.ask('/metrics')).body).map((one) => one.labels['folder'])
  expect(new Set(labels.filter((label) => label !== undefined))).toEqual(new Set([expect.stringMatching(/a"b\\\\c\\nd$/)]))
})
