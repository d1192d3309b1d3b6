import { describe, expect, test } from 'vitest'
import type { Planted } from '../simulation/service.ts'
import type { Cell, Row } from './cell.ts'
import { type Effect, STATES, type State } from './cellStates.ts'
import { CONFIG_ROWS } from './configRows.ts'
import { FILES_ROWS } from './filesRows.ts'
import { GROUPS_ROWS } from './groupsRows.ts'
import { MOVES_ROWS } from './movesRows.ts'
import { PROCESS_ROWS } from './processRows.ts'
import { runCell } from './runCell.ts'
import { SERVER_ROWS } from './serverRows.ts'

const ROWS: readonly Row[] = [...PROCESS_ROWS, ...FILES_ROWS, ...MOVES_ROWS, ...GROUPS_ROWS, ...CONFIG_ROWS, ...SERVER_ROWS]
/** The rows of the analysis' table, section 2. */
const ROW_COUNT = 32

/** Everything by `npm run cells`; else each event in two or more states, and each state in many events. */
const isWhole = process.env['ENCORD_SYNC_WHOLE'] === '1'
const SAMPLED = 8

type Chosen = { readonly row: Row; readonly state: State; readonly cell: Extract<Cell, { kind: 'lands' }> }

const chosen: readonly Chosen[] = ROWS.flatMap((row, r) =>
  STATES.flatMap((state, s): Chosen[] => {
    const cell = row[state]
    return cell.kind === 'lands' && (isWhole || (r + s) % SAMPLED === 0) ? [{ row, state, cell }] : []
  }),
)

/** Cells that were met, by the ledger's own facts when the event came. */
const met = new Set<string>()

async function land({ row, state, cell }: Chosen, effect: Effect, planted: Planted = {}): Promise<{ is: string; should: string }> {
  const result = await runCell(row.event, state, effect, planted)
  if (result.met !== null) met.add(`${row.event}, in ${result.met}`)
  expect(result.failures.length > 0).toBe(row.event === 'ledger cannot be written')
  return { is: result.landing, should: (effect === 'lost' ? cell.onLost : cell.on) ?? '' }
}

function cellOf(event: string, state: State): Chosen {
  const row = ROWS.find((one) => one.event === event)
  const cell = row?.[state]
  if (row === undefined || cell?.kind !== 'lands') throw new Error(`${event}, in ${state} is no cell`)
  return { row, state, cell }
}

test('analysis 8: the table is whole: each state of each row lands somewhere, or says why it cannot be', () => {
  expect(new Set(ROWS.map((row) => row.row)).size).toBe(ROW_COUNT)
  const rows = new Set(ROWS.map((row) => row.row))
  for (const name of rows) {
    for (const state of STATES) {
      const cells = ROWS.filter((row) => row.row === name).map((row) => row[state])
      for (const cell of cells) expect(cell.kind === 'never' ? cell.why : cell.on, `${name}, in ${state}`).not.toBe('')
      // A `-` of the analysis is the only cell that may have nothing to show.
      if (cells.every((cell) => cell.kind === 'never')) expect(cells[0]?.says, `${name}, in ${state}`).toMatch(/^-/)
    }
  }
})

describe('analysis 8: an event lands where the table says', { timeout: 120_000 }, () => {
  test.each(chosen.map((one) => ({ ...one, name: `${one.row.event}, in ${one.state}` })))('$name', async (one) => {
    const on = await land(one, 'applied')
    expect(on.is).toBe(on.should)
    if (one.cell.onLost === null) return
    const lost = await land(one, 'lost')
    expect(lost.is).toBe(lost.should)
  })

  test('analysis 8: every cell that was to be reached was reached, says the ledger', () => {
    expect([...new Set(chosen.map(({ row, state }) => `${row.event}, in ${state}`))].filter((cell) => !met.has(cell))).toEqual([])
  })
})

/** A defect that someone might make, and the cells that notice it. */
const PLANTED: readonly {
  readonly what: string
  readonly event: string
  readonly state: State
  readonly effect: Effect
  readonly planted: Planted
}[] = [
  {
    what: 'a lost answer counts as a yes',
    event: 'crash, restart',
    state: 'R',
    effect: 'lost',
    planted: {
      remote: (remote) => ({
        ...remote,
        row: async (hash) => ({
          dataHash: hash,
          title: 'a.jpg',
          type: 'IMAGE',
          createdAtMs: null,
          sizeBytes: 32,
          clientMetadata: null,
          members: null,
        }),
      }),
    },
  },
  {
    what: 'deletes.mode is not read',
    event: 'mode becomes never',
    state: 'C',
    effect: 'applied',
    planted: { policy: (policy) => ({ ...policy, deletes: { ...policy.deletes, mode: 'propagate' } }) },
  },
  {
    what: 'a changed file counts as what was sent',
    event: 'bytes change',
    state: 'P',
    effect: 'applied',
    planted: {
      disk: (disk) => ({
        ...disk,
        openRegular: async (root, path, expected) => {
          const opened = await disk.openRegular(root, path, expected)
          return 'kind' in opened ? opened : { ...opened, unchanged: async () => true }
        },
        survey: async (request) => {
          const survey = await disk.survey(request)
          return { ...survey, differences: survey.differences.filter((one) => one.kind !== 'changed') }
        },
      }),
    },
  },
]

describe('planted defects', { timeout: 120_000 }, () => {
  test.each(PLANTED)('$what: the cell "$event, in $state" lands elsewhere', async ({ event, state, effect, planted }) => {
    const { is, should } = await land(cellOf(event, state), effect, planted)
    expect(is).not.toBe(should)
  })
})
