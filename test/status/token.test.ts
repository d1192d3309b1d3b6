import { chmodSync, readFileSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStatusToken } from '../../src/status/token.ts'
import { type ScratchFolder, scratchFolder } from '../support/scratchFolder.ts'

const NEW = 'n'.repeat(43)
const open = (scratch: ScratchFolder, fresh = NEW) => openStatusToken(join(scratch.path, 'ledger.db'), () => fresh)

test('the token is made once, for its owner alone, and outlives the service', () => {
  using scratch = scratchFolder()
  const { file, token } = open(scratch)
  expect(token).toBe(NEW)
  expect(file).toBe(join(scratch.path, 'status.token'))
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(file, 'utf8')).toBe(`${NEW}\n`)
  expect(open(scratch, 'o'.repeat(43)).token).toBe(NEW)
})

test.each([
  ['others could read', (file: string) => chmodSync(file, 0o640)],
  ['is empty', (file: string) => writeFileSync(file, '')],
  ['is too short to be one', (file: string) => writeFileSync(file, 'short\n')],
  [
    'is a link to another file',
    (file: string) => {
      unlinkSync(file)
      writeFileSync(`${file}.other`, `${'x'.repeat(43)}\n`, { mode: 0o600 })
      symlinkSync(`${file}.other`, file)
    },
  ],
])('a token file that %s is replaced by a new one', (_name, spoil) => {
  using scratch = scratchFolder()
  const { file } = open(scratch)
  spoil(file)
  const other = 'o'.repeat(43)
  expect(open(scratch, other).token).toBe(other)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(readFileSync(file, 'utf8')).toBe(`${other}\n`)
})
