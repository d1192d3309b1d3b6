import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { largeJpeg, mp4 } from '../support/mediaVariants.ts'
import { type ServiceBox, serviceBox } from '../support/serviceBox.ts'
import type { Line } from './line.ts'
import { type Used, usedBy, WATCHED } from './measure.ts'

const IMAGE_BYTES = 40_000

/** Single images of 40 kB through the whole protocol: URL, PUT, registration, our note on the row. */
export async function smallImages(count: number): Promise<readonly Line[]> {
  await using box = await serviceBox({ top: { rescan: '1h', log: { level: 'info', format: 'json' } } })
  const bytes = largeJpeg(IMAGE_BYTES)
  for (let i = 0; i < count; i++) box.put(`${i}.jpg`, Buffer.concat([bytes, Buffer.from(String(i))]))
  const used = await watchedOnce(box)
  const seconds = secondsBetween(box, 'GET signedimagesurl', 'POST singleimage')
  const calls = box.emulator.calls.all().length
  return [
    { what: `${count} images of 40 kB`, value: count / seconds, unit: 'files/s', goal: 'C/(L r), see limits' },
    { what: '  CPU of it', value: used.cpuMs / count, unit: 'ms/file', goal: '<= 1.0' },
    { what: '  calls of it', value: calls / count, unit: 'calls/file', goal: '<= 2.02 + PUT, title, note' },
    { what: '  peak memory', value: used.peakMb, unit: 'MB', goal: '' },
    { what: '  longest stall of the loop', value: used.loopDelayMs, unit: 'ms', goal: '<= 20' },
  ]
}

/** One large video. */
export async function largeVideo(sizeMb: number): Promise<readonly Line[]> {
  await using box = await serviceBox({ top: { rescan: '1h', log: { level: 'info', format: 'json' } } })
  await writeVideo(box.path('big.mp4'), sizeMb)
  const used = await watchedOnce(box)
  const put = box.emulator.calls.all().find((call) => call.call === 'PUT bucket')
  const seconds = ((put?.endedAtMs ?? 0) - (put?.atMs ?? 0)) / 1_000
  return [
    { what: `one video of ${sizeMb} MB`, value: sizeMb / seconds, unit: 'MB/s', goal: '>= 0.35 x curl' },
    { what: '  CPU of it', value: used.cpuMs / sizeMb, unit: 's/GB', goal: '<= 1.1' },
    { what: '  peak memory', value: used.peakMb, unit: 'MB', goal: 'idle + 15' },
    { what: '  longest stall of the loop', value: used.loopDelayMs, unit: 'ms', goal: '<= 20' },
  ]
}

async function watchedOnce(box: ServiceBox): Promise<Used> {
  const { code, stderr, stdout } = await box.once({ env: { NODE_OPTIONS: WATCHED } })
  if (code !== 0) throw new Error(`once ended with ${code}: ${stdout}${stderr.slice(-2_000)}`)
  return usedBy(stderr)
}

function secondsBetween(box: ServiceBox, first: string, last: string): number {
  const calls = box.emulator.calls.all()
  const began = calls.find((call) => call.call === first)?.atMs ?? 0
  const ended = calls.filter((call) => call.call === last).at(-1)?.endedAtMs ?? 0
  return (ended - began) / 1_000
}

/** A whole video whose `free` box holds the size. */
async function writeVideo(path: string, sizeMb: number): Promise<void> {
  const head = Buffer.from(mp4('big'))
  const out = createWriteStream(path)
  // The last box of the small one is `free`; its size says how much follows.
  const at = head.lastIndexOf(Buffer.from('free')) - 4
  head.writeUInt32BE(head.length - at + sizeMb * 1_000_000, at)
  out.write(head)
  const part = Buffer.alloc(1_000_000, 0x2e)
  for (let i = 0; i < sizeMb; i++) if (!out.write(part)) await once(out, 'drain')
  out.end()
  await once(out, 'close')
}
