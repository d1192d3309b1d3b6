import { cpus, release } from 'node:os'
import { tabKey } from './completion.ts'
import { knownFiles, listing } from './known.ts'
import type { Line } from './line.ts'
import { largeVideo, smallImages } from './uploads.ts'

const PARTS: Readonly<Record<string, () => readonly Line[] | Promise<readonly Line[]>>> = {
  images: () => smallImages(1_000),
  video: () => largeVideo(500),
  'known-10k': () => knownFiles(10_000),
  'known-100k': () => knownFiles(100_000),
  listing: () => listing(100_000),
  completion: () => tabKey(20_000),
}

/** `npm run bench -- [PART…]`: measures, prints, judges nothing: figures are of this machine, at this hour. */
async function main(parts: readonly string[]): Promise<void> {
  const unknown = parts.filter((name) => !(name in PARTS))
  if (unknown.length > 0) throw new Error(`no part ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`)
  console.log(`${cpus().length} x ${cpus()[0]?.model}, ${process.platform} ${release()}, Node ${process.version}`)
  for (const [name, measure] of Object.entries(PARTS)) {
    if (parts.length > 0 && !parts.includes(name)) continue
    for (const { what, value, unit, goal } of await measure()) {
      const figure = value < 100 ? value.toFixed(1) : value.toFixed(0)
      console.log(`${what.padEnd(44)} ${figure.padStart(8)} ${unit.padEnd(10)} ${goal}`.trimEnd())
    }
  }
}

await main(process.argv.slice(2))
