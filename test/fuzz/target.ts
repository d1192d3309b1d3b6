import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Random } from '../../src/model/clock.ts'
import { seeded } from '../simulation/chance.ts'

/** Something that reads what strangers wrote. */
export type FuzzTarget = AsyncDisposable & {
  readonly name: string
  /** Makes one input, extremes now and then. */
  make(random: Random): Buffer
  /** Gives it the input. @throws whatever is a finding: another error than the ones it may end with, a hang, a dead server */
  feed(input: Buffer): Promise<void>
}

export type Finding = { readonly target: string; readonly seed: number; readonly input: Buffer; readonly what: string }

const CORPUS = new URL('./corpus/', import.meta.url)

/** Inputs that are kept because of what they once showed, or might. */
export function corpusOf(name: string): readonly { readonly file: string; readonly input: Buffer }[] {
  const directory = new URL(`${name}/`, CORPUS)
  return readdirSync(directory)
    .sort()
    .map((file) => ({ file, input: readFileSync(new URL(file, directory)) }))
}

/** Keeps an input; @returns its file. */
export function keepCase({ target, input }: Pick<Finding, 'target' | 'input'>): string {
  const file = new URL(`${target}/found-${createHash('sha256').update(input).digest('hex').slice(0, 12)}`, CORPUS)
  mkdirSync(new URL('./', file), { recursive: true })
  writeFileSync(file, input)
  return file.pathname
}

/** One input from one seed: the same seed makes the same input. @returns what was found, if anything */
export async function tryOne(target: FuzzTarget, seed: number): Promise<Finding | null> {
  const input = target.make(seeded(seed))
  return await feedOne(target, input, seed)
}

export async function feedOne(target: FuzzTarget, input: Buffer, seed = -1): Promise<Finding | null> {
  try {
    await target.feed(input)
    return null
  } catch (error) {
    return { target: target.name, seed, input, what: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

/** @throws when `work` takes longer; the work itself may go on */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
