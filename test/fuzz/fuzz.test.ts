import { describe, expect, test } from 'vitest'
import { loadConfigText } from '../../src/config/load.ts'
import { configTarget } from './configTarget.ts'
import { localTarget } from './localTarget.ts'
import { mediaTarget } from './mediaTarget.ts'
import { protocolTarget } from './protocolTarget.ts'
import { corpusOf, type Finding, type FuzzTarget, feedOne, tryOne } from './target.ts'

type Sample = { readonly name: string; readonly open: () => FuzzTarget | Promise<FuzzTarget>; readonly inputs: number }

/** `npm run fuzz` goes on from other seeds for as long as it is told. */
const SAMPLES: readonly Sample[] = [
  { name: 'config', open: configTarget, inputs: 100 },
  { name: 'protocol', open: protocolTarget, inputs: 100 },
  { name: 'media', open: mediaTarget, inputs: 40 },
  { name: 'local', open: localTarget, inputs: 40 },
]

const said = (found: Finding | null): string[] =>
  found === null ? [] : [`npm run fuzz -- --target ${found.target} --seed ${found.seed}: ${found.what}`]

describe.each(SAMPLES)('what a stranger gives to: $name', ({ name, open, inputs }) => {
  test('the kept cases end as they should', async () => {
    await using target = await open()
    const found: string[] = []
    for (const { file, input } of corpusOf(name)) for (const what of said(await feedOne(target, input))) found.push(`${file}: ${what}`)
    expect(corpusOf(name).length).toBeGreaterThan(0)
    expect(found).toEqual([])
  })

  test(`${inputs} made from seeds do as well`, async () => {
    await using target = await open()
    const found: string[] = []
    for (let seed = 1; seed <= inputs; seed++) found.push(...said(await tryOne(target, seed)))
    expect(found).toEqual([])
  })
})

describe('planted defects', () => {
  async function findings(target: FuzzTarget, inputs: number): Promise<readonly Finding[]> {
    await using open = target
    const found: Finding[] = []
    for (let seed = 1; seed <= inputs && found.length === 0; seed++) {
      const one = await tryOne(open, seed)
      if (one !== null) found.push(one)
    }
    return found
  }

  test('a config that stumbles over a NUL is found', async () => {
    const stumbling: typeof loadConfigText = (text, options) => {
      if (text.text.includes('\0')) throw new TypeError('cannot read properties of undefined')
      return loadConfigText(text, options)
    }
    expect(await findings(configTarget(stumbling), 150)).toHaveLength(1)
  })

  test('a client that believes every answer is found', async () => {
    const target = await protocolTarget((url) => ({
      remote: new Proxy({} as never, {
        get: () => async () =>
          ((await (await fetch(url, { method: 'POST', redirect: 'manual' })).json()) as { response: { data_hash: string } }).response
            .data_hash.length,
      }),
      deletes: async () => undefined,
      close: () => undefined,
    }))
    expect(await findings(target, 50)).toHaveLength(1)
  })
})
