import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import { bandwidthPlan, hoursProblems } from '../../src/config/bandwidth.ts'
import { rateAt } from '../../src/model/bandwidthPlan.ts'

const BY_DAY = bandwidthPlan([{ from: 480, to: 1080, rate: 5 }, { from: 1320, to: 360, rate: null }, { rate: 50 }])

afterEach(() => void vi.unstubAllEnvs())

test.each([
  ['07:59', 50],
  ['08:00', 5],
  ['17:59', 5],
  ['18:00', 50],
  ['22:00', null],
  ['00:00', null],
  ['05:59', null],
  ['06:00', 50],
])('at %s the limit is %s', (time, rate) => {
  expect(rateAt(BY_DAY, new Date(`2026-03-10T${time}:30`).getTime())).toBe(rate)
})

test('the clock on the wall counts, also on days of 23 and 25 hours', () => {
  vi.stubEnv('TZ', 'Europe/Berlin')
  const hours = bandwidthPlan([{ from: 120, to: 180, rate: 1 }, { rate: 9 }])
  const perHour = (day: string) => Array.from({ length: 5 }, (_, hour) => rateAt(hours, Date.parse(day) + hour * 3_600_000))
  // Midnight in Berlin: UTC+1 before the change of March, UTC+2 before that of October.
  expect(perHour('2026-03-28T23:00:00Z')).toEqual([9, 9, 9, 9, 9])
  expect(perHour('2026-10-24T22:00:00Z')).toEqual([9, 9, 1, 1, 9])
})

test('one rate, or none, holds all day', () => {
  expect([rateAt(bandwidthPlan(7), 0), rateAt(bandwidthPlan(undefined), 0), rateAt(bandwidthPlan(null), 0)]).toEqual([7, null, null])
})

test('hours that pass the check never hold one minute twice, and hours that share one do not pass', () => {
  const minute = fc.integer({ min: 0, max: 1439 })
  const entry = fc.record({ from: minute, to: minute, rate: fc.constant(1) }).filter(({ from, to }) => from !== to)
  const held = (one: { from: number; to: number }, at: number) =>
    one.from < one.to ? at >= one.from && at < one.to : at >= one.from || at < one.to
  fc.assert(
    fc.property(fc.array(entry, { minLength: 2, maxLength: 3 }), (entries) => {
      const twice = Array.from({ length: 1440 }, (_, at) => entries.filter((one) => held(one, at)).length).some((count) => count > 1)
      expect(hoursProblems(entries).length > 0).toBe(twice)
    }),
  )
})
