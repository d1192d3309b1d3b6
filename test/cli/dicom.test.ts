import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { PATIENT_DATA } from '../../src/model/patientData.ts'
import { dicomBytes, slice } from '../support/dicomBytes.ts'
import { protocolBox } from '../support/protocolBox.ts'

test('a person is warned of patient data, and sees series with their files in order and what holds one up', async () => {
  await using one = await protocolBox()
  const settings = 'dicomseries: true, settle: 100ms, group_settle: 100ms, api_key:'
  one.write('config.yaml', readFileSync(one.box.configFile, 'utf8').replace('api_key:', settings))
  const put = (name: string, bytes: Uint8Array | string) => {
    const path = join(one.box.base, 'IN', name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, bytes)
  }
  for (const number of [1, 2, 3]) put(`ct/IM${number}`, dicomBytes(slice('1.2.7', 9 - number, { patient: 'Doe^Jane' })))
  put('mr/1.dcm', dicomBytes(slice('1.9', 1, { patient: '' })))
  put('late.dcm', '')
  const warning = expect.stringContaining(`dicomseries: ${PATIENT_DATA}`)
  expect(await one.run('config', 'check')).toMatchObject({ code: 0, stdout: warning })
  const plan = await one.run('plan')
  expect(plan.stdout).toContain(`  warning  ${PATIENT_DATA}\n`)
  expect(plan.stdout).toMatch(/^ {2}upload {3}ct\/1\.2\.7 \(series of 3, 9\d\d B\): it is not in the dataset$/m)
  expect(plan.stdout).toContain('  wait     ./: late.dcm: empty: 0 bytes\n')
  expect(plan.stdout).toMatch(/^ {2}1 upload \(3 files, 0 groups, 1 series, /m)
  const sent = await one.run('once', '--wait', '30s')
  expect(sent).toMatchObject({ code: 0, stderr: warning })
  const units = (await one.run('units')).stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/))
  expect(units.map(([state, kind, , path, why]) => [state, kind, path, why])).toEqual([
    ['STATE', 'KIND', 'PATH', 'WHY'],
    ['waiting', 'series of 1', './', 'late.dcm: empty: 0 bytes'],
    ['synced', 'series of 3', 'ct/1.2.7', 'in the dataset'],
    ['rejected', 'series of 1', 'mr/1.9', 'mr/1.dcm: it lacks PatientID, which Encord needs'],
  ])
  const why = (await one.run('why', 'ct/IM2')).stdout
  expect(why.match(/ct\/IM\d/g)).toEqual(['ct/IM3', 'ct/IM2', 'ct/IM1'])
  expect((await one.run('why', 'late.dcm')).stdout).toContain('late.dcm: empty: 0 bytes')
  expect([plan, sent, { stdout: why }].map(({ stdout }) => stdout).join()).not.toContain('Doe')
})
