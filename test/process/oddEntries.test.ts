import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect, test, vi } from 'vitest'
import type { UnitLine } from '../../src/control/api.ts'
import { jpeg } from '../support/mediaVariants.ts'
import { serviceBox } from '../support/serviceBox.ts'

vi.setConfig({ testTimeout: 300_000 })

test.concurrent('G31: empty files in the middle of the list are named, and end nothing', async () => {
  await using box = await serviceBox()
  for (const name of ['1.jpg', '2.jpg', '4.jpg', '6.jpg']) box.put(name, jpeg(name))
  box.put('3.jpg', '')
  box.put('5.mp4', '')
  expect((await box.once()).code).toBe(0)
  expect(box.titles()).toEqual(['1.jpg', '2.jpg', '4.jpg', '6.jpg'])
  const units = JSON.parse((await box.command(['units', '--json'])).stdout) as UnitLine[]
  expect(units.filter((unit) => unit.why.includes('empty')).map((unit) => unit.path)).toEqual(['3.jpg', '5.mp4'])
  expect(box.emulator.calls.all().filter((call) => call.call === 'PUT bucket' && call.bodyBytes === 0)).toEqual([])
})

test.concurrent('G33: system directories that are ignored raise no error, also when they cannot be read', async () => {
  await using box = await serviceBox()
  box.put('a.jpg', jpeg('a'))
  const directories = ['.Spotlight-V100', '.Trashes', '.DocumentRevisions-V100']
  for (const name of directories) {
    mkdirSync(box.path(name))
    chmodSync(box.path(name), 0o000)
  }
  const pass = await box.once({ asOrdinaryUser: true })
  const status = await box.command(['status'], { asOrdinaryUser: true })
  expect([pass.code, status.code]).toEqual([0, 0])
  expect(box.titles()).toEqual(['a.jpg'])
  for (const name of directories) expect(pass.stdout + pass.stderr + status.stdout + status.stderr).not.toContain(name)
})

test.concurrent('G34: what macOS leaves beside files is no unit and no frame', async () => {
  await using box = await serviceBox()
  const twin = Buffer.concat([Buffer.from([0x00, 0x05, 0x16, 0x07]), Buffer.alloc(4092)])
  box.put('a.jpg', jpeg('a'))
  box.put('._a.jpg', twin)
  box.put('.DS_Store', twin)
  for (const name of ['1.jpg', '2.jpg']) {
    box.put(`g/${name}`, jpeg(name))
    box.put(`g/._${name}`, twin)
  }
  expect((await box.once()).code).toBe(0)
  expect(box.rows().map((row) => [row.title, row.frames.length])).toEqual(
    expect.arrayContaining([
      ['a.jpg', 0],
      ['g', 2],
    ]),
  )
  expect(box.titles()).toEqual(['a.jpg', 'g'])
})

test.concurrent('FIFOs, sockets, links and loops of links are reported and never opened', async () => {
  await using box = await serviceBox()
  box.put('a.jpg', jpeg('a'))
  execFileSync('mkfifo', [box.path('pipe.jpg')])
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(box.path('socket.jpg'), resolve))
  let connections = 0
  server.on('connection', () => connections++)
  symlinkSync('a.jpg', box.path('link.jpg'))
  symlinkSync('loop-b.jpg', box.path('loop-a.jpg'))
  symlinkSync('loop-a.jpg', box.path('loop-b.jpg'))
  mkdirSync(box.path('d'))
  symlinkSync('..', box.path('d/up'))
  try {
    // A FIFO that were opened for reading would hold the pass up for ever.
    expect((await box.once()).code).toBe(0)
    expect(box.titles()).toEqual(['a.jpg'])
    const units = JSON.parse((await box.command(['units', '--json'])).stdout) as UnitLine[]
    expect(Object.fromEntries(units.map((unit) => [unit.path, unit.state === 'synced' ? 'synced' : unit.why]))).toEqual({
      'a.jpg': 'synced',
      'd/up': 'links are not followed',
      'link.jpg': 'links are not followed',
      'loop-a.jpg': 'links are not followed',
      'loop-b.jpg': 'links are not followed',
      'pipe.jpg': 'a FIFO is never opened',
      'socket.jpg': 'a socket is never opened',
    })
    expect(connections).toBe(0)
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
})
