import { expect, test } from 'vitest'
import { PLANTED_MS } from '../support/ledgerBox.ts'
import { StatusBox } from '../support/statusBox.ts'

const NASTY = '<script>alert(1)</script>\n"\'&\u202egpj'
const NASTY_SHOWN = '&lt;script&gt;alert(1)&lt;/script&gt;\\n&quot;&#39;&amp;\\u202egpj'

/** Every tag of the page, without its attributes. */
function tags(body: string): ReadonlySet<string> {
  return new Set([...body.matchAll(/<([a-zA-Z][\w-]*)/g)].map(([, tag = '']) => tag))
}

const KNOWN_TAGS = [
  ...['html', 'head', 'meta', 'title', 'link', 'body', 'header', 'main', 'nav', 'section', 'div', 'h1', 'h2', 'h3', 'p', 'span', 'a'],
  ...['bdi', 'code', 'time', 'dl', 'dt', 'dd', 'ul', 'li', 'progress'],
]

test('names that would be markup, end a line or turn the text are shown as text, wherever they stand', async () => {
  await using box = new StatusBox()
  const folder = box.folder(NASTY.replaceAll('/', '-'))
  const { versionId } = box.ledger.unit(folder, NASTY.replaceAll('/', '-'), { local: 'absent' })
  const { candidates, folders } = box.ledger.ledger
  candidates.add(versionId ?? 0, 'absent', null, PLANTED_MS)
  candidates.setBatch(versionId ?? 0, candidates.addBatch(folder.id, 'd1', NASTY, PLANTED_MS))
  folders.setState(folder.id, 'foreign', NASTY, PLANTED_MS)
  box.uploads = [{ folder: folder.path, path: NASTY, sentBytes: 1, sizeBytes: 2 }]
  await box.serve()
  for (const { body } of [await box.ask('/'), await box.askWithToken('/files')]) {
    expect(body).toContain(NASTY_SHOWN)
    expect(body).toContain(NASTY_SHOWN.replaceAll('/', '-'))
    expect([...tags(body)].filter((tag) => !KNOWN_TAGS.includes(tag))).toEqual([])
    expect(body).not.toContain('\u202e')
  }
  expect((await box.askWithToken('/files')).body).toContain(`aria-label="sent so far of ${NASTY_SHOWN}"`)
})

test('the page shows each folder, the uploads, what is held, and the commands that decide', async () => {
  await using box = new StatusBox()
  const good = box.folder('good')
  const gone = box.folder('gone')
  box.ledger.unit(good, 'a.jpg')
  box.ledger.scan(good)
  const { versionId } = box.ledger.unit(good, 'dir/b.jpg', { local: 'absent' })
  const { candidates, folders } = box.ledger.ledger
  candidates.add(versionId ?? 0, 'absent', null, PLANTED_MS)
  const id = candidates.addBatch(good.id, '0f3a9c0011223344', 'more than the limit', PLANTED_MS)
  candidates.setBatch(versionId ?? 0, id)
  folders.setState(gone.id, 'absent', 'the folder is not there (ENOENT)', PLANTED_MS)
  box.uploads = [{ folder: good.path, path: 'big.mp4', sentBytes: 1_500_000, sizeBytes: 3_000_000 }]
  await box.serve()
  const named = (await box.askWithToken('/files')).body
  const plain = (await box.ask('/')).body
  for (const body of [plain, named]) {
    expect(body).toContain('a person must act')
    expect(body).toContain(`<bdi>${good.path}</bdi>`)
    expect(body).toMatch(/absent<\/span>: <bdi>the folder is not there \(ENOENT\)<\/bdi>/)
    expect(body).toContain(`<code>ls -ld ${gone.path}</code>`)
    expect(body).toContain(`<code>encord-sync deletes approve ${id} --digest 0f3a9c0011223344</code>`)
    expect(body).toContain(`<code>encord-sync deletes reject ${id}</code>`)
    expect(body).toContain('1.5 MB of 3.0 MB')
    expect(body).toContain('<dt>synced</dt><dd>1</dd>')
    expect(body).toContain('last whole scan: <time datetime="2023-11-14T22:13:20.000Z">2023-11-14 22:13:20 UTC</time>')
  }
  expect(named).toContain('<bdi>big.mp4</bdi>')
  expect(named).toContain('<bdi>dir/b.jpg</bdi>')
  expect(named).toContain('more than the limit')
  expect(plain).not.toMatch(/big\.mp4|b\.jpg|more than the limit/)
})

test('everything that a page loads or leads to is served here, and needs no script, form or inline style', async () => {
  await using box = new StatusBox()
  box.folder('in')
  await box.serve()
  for (const path of ['/', '/files']) {
    const { body, headers } = await box.askWithToken(path)
    expect(headers['content-type']).toBe('text/html; charset=UTF-8')
    const targets = [...body.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, target = '']) => target)
    expect(targets).toContain('/style.css')
    for (const target of targets) expect([target, (await box.askWithToken(target)).status]).toEqual([target, 200])
    expect(body).not.toMatch(/<script|<form|<style| style=| on\w+=|https?:\/\/(?!127\.0\.0\.1)/)
  }
  expect((await box.ask('/style.css')).headers['content-type']).toBe('text/css; charset=utf-8')
  expect((await box.ask('/style.css')).body).not.toMatch(/url\(|@import/)
})

test('the page reloads itself, until it is asked not to', async () => {
  await using box = new StatusBox()
  await box.serve()
  const reload = '<meta http-equiv="refresh" content="10">'
  const moving = (await box.ask('/')).body
  const still = (await box.ask('/?refresh=off')).body
  expect(moving).toContain(reload)
  expect(moving).toContain('href="/?refresh=off"')
  expect(still).not.toContain('http-equiv')
  expect(still).toContain('href="/"')
})

test('a long batch shows its first hundred names and how many more there are', async () => {
  await using box = new StatusBox()
  const folder = box.folder('in')
  const { candidates } = box.ledger.ledger
  const batch = candidates.addBatch(folder.id, 'd1', 'limit', PLANTED_MS)
  for (let i = 0; i < 103; i++) {
    const { versionId } = box.ledger.unit(folder, `f${i}.jpg`, { local: 'absent' })
    candidates.add(versionId ?? 0, 'absent', null, PLANTED_MS)
    candidates.setBatch(versionId ?? 0, batch)
  }
  await box.serve()
  const { body } = await box.askWithToken('/files')
  expect(body).toContain('103 rows of')
  expect(body.match(/<bdi>f\d+\.jpg<\/bdi>/g)).toHaveLength(100)
  expect(body).toContain('and 3 more')
})
