import { expect, test } from 'vitest'
import { EVENTS, LOG_LEVELS } from '../../src/model/event.ts'

test('every event of the catalogue has a name in two parts, a level and one sentence', () => {
  const events = Object.entries(EVENTS)
  expect(events.length).toBeGreaterThan(40)
  for (const [name, { level, about }] of events) {
    expect(name).toMatch(/^[a-z]+\.[a-z]+(-[a-z]+)*$/)
    expect(LOG_LEVELS).toContain(level)
    expect(about).toMatch(/^[A-Z].*\.$/)
  }
})

test('no two events say the same', () => {
  const sentences = Object.values(EVENTS).map(({ about }) => about)
  expect(new Set(sentences).size).toBe(sentences.length)
})
