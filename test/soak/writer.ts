import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { jpeg, mp4, png } from '../support/mediaVariants.ts'
import { chance } from './chance.ts'

/** Enough to be busy with, and few enough that the work, not the size, is what is measured. */
const MOST_SINGLES = 40
const MOST_GROUPS = 8
const PAUSE_MS = { least: 150, most: 900 }
/** A unit that changes more than three times in an hour is left alone for an hour (design, section 5): no part of this. */
const MOST_CHANGES = 2

/** `writer.ts DIRECTORY NAME SEED`: makes, changes, moves and removes files of its own until it is told to stop, and leaves none half done. */
const [root = '', name = '', seed = '1'] = process.argv.slice(2)
const { random, between, pick } = chance(Number(seed))
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())
process.stdout.write('works\n')

let made = 0
/** Path below the root, and how often its unit changed. */
const singles = new Map<string, number>()
const groups = new Map<string, number>()

const at = (path: string): string => join(root, path)
const fresh = (extension: string): string => {
  made += 1
  const dir = random() < 0.7 ? '' : `${name}-clips-${between(1, 3)}/`
  // Images in directories are frames of groups; single ones stand in the root.
  return `${extension === 'mp4' ? dir : ''}${name}-${made}.${extension}`
}

function bytesFor(path: string): Buffer {
  const variant = `${path} ${random()}`
  if (path.endsWith('.mp4')) return mp4(variant, between(1, 8) * 100_000)
  return path.endsWith('.png') ? png(variant, between(1, 120) * 1_000) : jpeg(variant)
}

function write(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(at(path)), { recursive: true })
  writeFileSync(at(path), bytes)
}

function create(): void {
  const path = fresh(pick(['jpg', 'jpg', 'png', 'mp4']) ?? 'jpg')
  write(path, bytesFor(path))
  singles.set(path, 0)
}

/** Comes in pieces, as over a slow line. */
async function grow(): Promise<void> {
  const path = fresh(pick(['jpg', 'mp4']) ?? 'jpg')
  const bytes = bytesFor(path)
  const pieces = between(2, 5)
  const size = Math.ceil(bytes.length / pieces)
  write(path, bytes.subarray(0, size))
  for (let i = 1; i < pieces; i++) {
    await delay(between(100, 800))
    appendFileSync(at(path), bytes.subarray(i * size, (i + 1) * size))
  }
  singles.set(path, 0)
}

function rewrite(): void {
  const found = changeable(singles)
  if (found === null) return
  const bytes = bytesFor(found)
  if (random() < 0.5) write(found, bytes)
  else {
    write(`.${found.replaceAll('/', '-')}.new`, bytes)
    renameSync(at(`.${found.replaceAll('/', '-')}.new`), at(found))
  }
}

function rename(): void {
  const from = pick([...singles.keys()])
  if (from === undefined) return
  const to = fresh(from.slice(from.lastIndexOf('.') + 1))
  mkdirSync(dirname(at(to)), { recursive: true })
  renameSync(at(from), at(to))
  singles.set(to, singles.get(from) ?? 0)
  singles.delete(from)
}

function copy(): void {
  const from = pick([...singles.keys()])
  if (from === undefined) return
  const to = fresh(from.slice(from.lastIndexOf('.') + 1))
  mkdirSync(dirname(at(to)), { recursive: true })
  cpSync(at(from), at(to))
  singles.set(to, 0)
}

function touch(): void {
  const path = pick([...singles.keys()])
  if (path !== undefined) utimesSync(at(path), new Date(), new Date())
}

function remove(): void {
  const path = pick([...singles.keys()])
  if (path === undefined) return
  rmSync(at(path))
  singles.delete(path)
}

/** A camera: frame after frame, then perhaps the sign that it is done. */
async function film(): Promise<void> {
  made += 1
  const dir = `${name}-run-${made}`
  const frames = between(2, 6)
  for (let i = 1; i <= frames; i++) {
    write(`${dir}/frame${i}.jpg`, jpeg(`${dir} ${i} ${random()}`))
    await delay(between(50, 400))
  }
  if (random() < 0.5) writeFileSync(at(`${dir}/.done`), '')
  groups.set(dir, 0)
}

function addFrame(): void {
  const dir = changeable(groups)
  if (dir !== null) write(`${dir}/frame${between(10, 99)}.jpg`, jpeg(`${dir} ${random()}`))
}

function dropFrame(): void {
  const dir = changeable(groups)
  if (dir === null) return
  const frames = readdirSync(at(dir)).filter((file) => file.endsWith('.jpg'))
  const frame = pick(frames)
  if (frames.length > 1 && frame !== undefined) rmSync(at(`${dir}/${frame}`))
}

function moveGroup(): void {
  const from = pick([...groups.keys()])
  if (from === undefined) return
  made += 1
  const to = `${name}-moved-${made}`
  renameSync(at(from), at(to))
  groups.set(to, groups.get(from) ?? 0)
  groups.delete(from)
}

function removeGroup(): void {
  const dir = pick([...groups.keys()])
  if (dir === undefined) return
  rmSync(at(dir), { recursive: true })
  groups.delete(dir)
}

function changeable(units: Map<string, number>): string | null {
  const path = pick([...units].filter(([, changes]) => changes < MOST_CHANGES).map(([path]) => path))
  if (path === undefined || !existsSync(at(path))) return null
  units.set(path, (units.get(path) ?? 0) + 1)
  return path
}

const WORK: readonly (() => void | Promise<void>)[] = [
  ...[create, create, create, grow, film],
  ...[rewrite, rename, copy, touch, addFrame, dropFrame, moveGroup],
  ...[remove, remove, removeGroup],
]

while (!stop.signal.aborted) {
  if (singles.size > MOST_SINGLES) remove()
  if (groups.size > MOST_GROUPS) removeGroup()
  await pick(WORK)?.()
  await delay(between(PAUSE_MS.least, PAUSE_MS.most), undefined, { signal: stop.signal }).catch(() => undefined)
}

// A frame that came a minute after the others makes its group wait for five: the sign says that nothing more comes.
for (const dir of groups.keys()) writeFileSync(at(`${dir}/.done`), '')
