import { expect, test } from 'vitest'
import { runCell } from './runCell.ts'

test.each([
  ['frame added', 'synced none 3/1/0'],
  ['frame removed', 'synced none 1/1/0'],
  ['group emptied', 'forgotten none 0/0/0'],
] as const)('a group whose call never arrived is made once, of what is there: %s', async (event, landing) => {
  expect((await runCell(event, 'R', 'lost')).landing).toBe(landing)
})
