import { expect, test } from 'vitest'
import { worldIn } from './cellStates.ts'
import { runCell } from './runCell.ts'

test.each([
  ['frame added', 'synced none 3/1/0'],
  ['frame removed', 'synced none 1/1/0'],
  ['group emptied', 'forgotten none 0/0/0'],
] as const)('a group whose call never arrived is made once, of what is there: %s', async (event, landing) => {
  expect((await runCell(event, 'R', 'lost')).landing).toBe(landing)
})

test.each(['bytes change', 'atomic save, other bytes'] as const)(
  'a file whose register never arrived is registered once, as it is then: %s',
  async (event) => {
    expect((await runCell(event, 'R', 'lost')).landing).toBe('synced none 1/1/0')
  },
)

test.each([
  ['is the one that was sent', true, 0],
  ['changed a moment ago', false, 1],
] as const)('before a lost register is repeated the file is looked at once more: it %s', async (_, isUnchanged, puts) => {
  let isLooked = true
  const world = await worldIn(
    'R',
    'lost',
    'image',
    { change: {}, remember: 'never', twin: false },
    {
      disk: (disk) => ({
        ...disk,
        openRegular: async (root, path, expected) => {
          const opened = await disk.openRegular(root, path, expected)
          if ('kind' in opened || isLooked) return opened
          isLooked = true
          return { ...opened, unchanged: async () => isUnchanged }
        },
      }),
    },
  )
  try {
    const before = world.server.calls['put'] ?? 0
    isLooked = false
    for (const gate of ['put', 'look'] as const) world.open(gate)
    await world.run(30_000)
    expect((world.server.calls['put'] ?? 0) - before).toBe(puts)
    expect(isLooked).toBe(true)
  } finally {
    world[Symbol.dispose]()
  }
})
