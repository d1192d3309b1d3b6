import { mkdirSync, renameSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { policyOf } from '../support/planWorld.ts'
import { SurveyBox } from '../support/surveyBox.ts'

const replacing = () => new SurveyBox({ policy: policyOf({ onChange: 'replace' }) })

/** A directory that nobody can look into, as its own rules can't be read. */
function close(box: SurveyBox, dir: string): void {
  mkdirSync(box.at(dir), { recursive: true })
  symlinkSync('/nowhere', box.at(`${dir}/.encordignore`))
}

/** A trusted listing that shows every row. */
function list({ ledger, folder }: SurveyBox): void {
  for (const { dataHash } of ledger.versions.liveOf(folder.remoteId))
    ledger.now(() => ledger.versions.markListed(folder.remoteId, dataHash ?? '', Number.MAX_SAFE_INTEGER))
}

async function synced(box: SurveyBox): Promise<void> {
  for (const name of ['a.jpg', 'b.jpg', 'c.jpg']) box.put(name)
  await box.sync()
}

test('what an older row holds may be behind a link that came with the newer file, however often it was looked at before that one was sent', async () => {
  using box = replacing()
  await synced(box)
  const archive = join(dirname(box.root), 'archive')
  mkdirSync(archive)
  renameSync(box.at('a.jpg'), join(archive, 'a.jpg'))
  symlinkSync(archive, box.at('older'))
  box.put('a.jpg')
  await box.sync()
  list(box)
  box.confirm()
  expect(box.reasons()).toEqual({ 'a.jpg': 'hold hidden' })
})

test('what an older row holds may be where nobody can look, also when its file was away for a while before the newer one came', async () => {
  using box = replacing()
  await synced(box)
  box.mv('a.jpg', 'private/a.jpg')
  close(box, 'private')
  box.confirm()
  box.put('a.jpg')
  await box.sync()
  list(box)
  box.confirm()
  expect(box.reasons()).toEqual({ 'a.jpg': 'hold hidden' })
})

test('a link that came before, or after a touch that changed nothing, holds no older row', async () => {
  using box = replacing()
  await synced(box)
  box.mv('a.jpg', 'x.jpg')
  box.look()
  box.mv('x.jpg', 'a.jpg')
  symlinkSync('/nowhere', box.at('latest'))
  await box.sync()
  expect(box.rows()).toMatchObject({ 'a.jpg#1': 'a.jpg' })
  box.put('a.jpg')
  await box.sync()
  list(box)
  box.confirm()
  expect(box.reasons()).toEqual({ 'a.jpg': 'delete' })
})

test('an absence that was looked at again for a coarse time of change is as old as it was', async () => {
  using box = new SurveyBox()
  await synced(box)
  box.mv('a.jpg', 'private/a.jpg')
  close(box, 'private')
  // The change fell into the same tick as the look before it.
  const root = box.ledger.tree.dir(box.folderId, '')
  if (root === null) throw new Error('the folder was not looked at')
  const ctimeNs = String(statSync(box.root, { bigint: true }).ctimeNs)
  box.ledger.tree.ensureDir(box.folderId, '', null, { ...root.stamp, ctimeNs }, null)
  box.look()
  expect(box.file('a.jpg')?.absence?.unchanged).toBe(1)
  box.put('d.jpg')
  await box.sync()
  box.confirm()
  expect(box.file('a.jpg')?.absence?.unchanged).toBe(0)
  expect(box.reasons()).toEqual({ 'a.jpg': 'hold hidden' })
})
