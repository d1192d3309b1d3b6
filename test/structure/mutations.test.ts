import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { MUTATIONS } from '../mutations/mutations.ts'
import { namesTest } from '../support/testNames.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string): string => (existsSync(`${root}/${path}`) ? readFileSync(`${root}/${path}`, 'utf8') : '')

test("each rule's mutation still fits the code, and the test that notices it is there", () => {
  const lost = MUTATIONS.flatMap(({ rule, file, text, test: { file: tests, name, written } }) => {
    const times = read(file).split(text).length - 1
    // A placeholder is what no test that ran is called.
    const isThere = namesTest(read(tests), written ?? name) && !/%s|\$\w/.test(name)
    return times === 1 && isThere ? [] : [`${rule}: the text occurs ${times} times, the test ${isThere ? 'is there' : 'is gone'}`]
  })
  expect(lost).toEqual([])
})

test('there is a mutation for each rule of the design, and for what stands beside the rules', () => {
  const kinds = new Set(MUTATIONS.map(({ rule }) => rule.split(':')[0]))
  expect([...kinds].sort()).toEqual(
    ['1', '2', '3', '4', '5', '6', '7', '8', '9', 'approval', 'config', 'others', 'paused', 'sending', 'superseded'].sort(),
  )
  expect(MUTATIONS.length).toBeGreaterThanOrEqual(25)
  expect(new Set(MUTATIONS.map(({ rule }) => rule)).size).toBe(MUTATIONS.length)
})
