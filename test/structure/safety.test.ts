import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { namesTest } from '../support/testNames.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const text = readFileSync(`${root}/SAFETY.md`, 'utf8')
const [promises = '', notPromised = ''] = text.split('## Not promised')

const links = [...promises.matchAll(/\[`([^`]+)`\]\((test\/[^)]+\.test\.ts)\)/g)].map(([, name = '', path = '']) => ({ name, path }))

test('each test that SAFETY.md links to exists, under the name it is linked by', () => {
  expect(links.length).toBeGreaterThan(50)
  const missing = links.filter(
    ({ name, path }) => !existsSync(`${root}/${path}`) || !namesTest(readFileSync(`${root}/${path}`, 'utf8'), name),
  )
  expect(missing).toEqual([])
})

test('a test of another name is none', () => {
  expect(namesTest("test('a plain delete goes', () => {})", 'a plain delete goes')).toBe(true)
  expect(namesTest("test('a plain delete goes', () => {})", 'a plain delete went')).toBe(false)
  expect(namesTest("// 'a plain delete goes'", 'a plain delete goes')).toBe(false)
})

test('each promise of SAFETY.md is numbered in turn and held by a test, and what is not promised is said', () => {
  const numbered = promises.split(/^(?=\d+\. )/m).slice(1)
  expect(numbered.map((one) => Number.parseInt(one, 10))).toEqual(numbered.map((_, i) => i + 1))
  expect(numbered.length).toBeGreaterThanOrEqual(15)
  expect(numbered.filter((one) => !one.includes('.test.ts)'))).toEqual([])
  expect([...notPromised.matchAll(/^- \*\*/gm)].length).toBeGreaterThanOrEqual(9)
})
