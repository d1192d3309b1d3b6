import { expect, test } from 'vitest'
import { DEMO_DATASET, DEMO_SETTINGS, makePlace, writeConfig } from '../../src/demo/place.ts'
import { ConfigBox, oneFolder } from '../support/configBox.ts'

test("the demo's config is valid, and does what the demo says of it, wherever its directory lies", () => {
  using box = new ConfigBox()
  const place = makePlace(box.makeDirectory('a "quoted" #place: here'))
  writeConfig(place, 'http://127.0.0.1:8766', 'the-key')
  const { encord, folders, ledgerPath, rescanMs, upload } = box.load({ file: place.config })
  expect({ ledgerPath, rescanMs, upload, absentGapMs: encord.absentGapMs }).toEqual({
    ledgerPath: place.ledger,
    rescanMs: 5_000,
    upload: { concurrency: 'auto', bandwidth: { hours: [], otherwise: 1_000_000 } },
    absentGapMs: 1_000,
  })
  const [folder] = folders
  expect(folder).toMatchObject({
    path: place.folder,
    dataset: DEMO_DATASET,
    policy: { onChange: 'replace', settleMs: 1_000, groupSettleMs: 1_000, deletes: { graceMs: 2_000 } },
  })
  expect(folder?.readApiKey()).toBe('the-key')
})

test('what the demo calls usual is what holds without a word in the config', () => {
  using box = new ConfigBox()
  const usual = (key: string) => DEMO_SETTINGS.find((setting) => setting.key === key)?.usual
  const inFolder = ['on_change', 'settle', 'group_settle'].map((key) => `${key}: ${usual(key)}`)
  const folder = [...inFolder, `deletes: { grace: ${usual('grace')} }`].join('\n')
  const spelled = box.read(oneFolder(folder, `rescan: ${usual('rescan')}\nencord: { absent_gap: ${usual('absent_gap')} }`))
  const silent = box.read(oneFolder())
  expect(spelled.folders[0]?.policy).toEqual(silent.folders[0]?.policy)
  expect([spelled.rescanMs, spelled.encord]).toMatchObject([silent.rescanMs, { absentGapMs: silent.encord.absentGapMs }])
  expect([usual('bandwidth'), silent.upload.bandwidth.otherwise]).toEqual(['no limit', null])
})
