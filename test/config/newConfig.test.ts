import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isWritable, newConfigText } from '../../src/config/newConfig.ts'
import { ConfigBox } from '../support/configBox.ts'

const DATASET = 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee'
const PLAIN = {
  domain: 'https://api.encord.com',
  privateKeyFile: null,
  ledger: null,
  dataset: DATASET,
  datasetTitle: 'box',
  deletes: 'hold',
} as const

test('whatever the folder and the title are called, the config says them as they are', () => {
  using box = new ConfigBox()
  const keyFile = box.write('k', 'key-0123456789')
  const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }).map((text) => `/in/_${text.replaceAll(/[/\0]/g, '-')}/x`)
  fc.assert(
    fc.property(name.filter(isWritable), fc.string({ unit: 'binary' }), (folder, datasetTitle) => {
      const config = box.read(
        newConfigText({ ...PLAIN, datasetTitle, folder, key: { file: keyFile }, privateKeyFile: folder, ledger: '/l/l.db' }),
      )
      expect(config.folders.map(({ path, dataset }) => ({ path, dataset }))).toEqual([{ path: folder, dataset: DATASET }])
      expect(config).toMatchObject({ ledgerPath: '/l/l.db', warnings: [] })
    }),
    { numRuns: 200 },
  )
})

test('a path with a variable in it cannot stand in a config', () => {
  expect([`/a/\${b}`, '/a\0b', '/a/\ud800', '/a/$b {c}'].map(isWritable)).toEqual([false, false, false, true])
})

test('every commented key is one that works', () => {
  using box = new ConfigBox()
  const keyFile = box.write('k', 'key-0123456789')
  box.write('ca.pem', 'x')
  const text = newConfigText({ ...PLAIN, folder: '/in/x', key: { file: keyFile } })
  const uncommented = text.replace(/^( *)# (?=[a-z_]+: (?!deleted too))/gm, '$1').replace('/etc/ssl/certs/company.pem', 'ca.pem')
  expect(uncommented).toContain('\nupload: {')
  const config = box.read(uncommented)
  expect(config.folders[0]?.ignore.map(({ pattern }) => pattern)).toEqual(['*.bak', 'scratch/'])
  expect(config.status).toEqual({ host: '127.0.0.1', port: 8765 })
})
