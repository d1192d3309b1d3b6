import { rmSync, unlinkSync } from 'node:fs'
import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import type { RelPath } from '../../src/model/file.ts'
import { type Dirty, openDirtySet } from '../../src/watcher/dirtySet.ts'
import { openPolling } from '../../src/watcher/polling.ts'
import { type TimeLeap, watchTime } from '../../src/watcher/wake.ts'
import { manualClock } from '../support/manualClock.ts'
import { scratchFolder } from '../support/scratchFolder.ts'

describe('the set of dirty directories', () => {
  function box(): { clock: ReturnType<typeof manualClock>; dirty: ReturnType<typeof openDirtySet>; ready(): number } {
    const clock = manualClock()
    let calls = 0
    const dirty = openDirtySet({ clock, debounceMs: 20, onReady: () => void calls++ })
    return { clock, dirty, ready: () => calls }
  }

  test('gathers hints for the time of the debounce, each directory once', async () => {
    const { clock, dirty, ready } = box()
    for (const dir of ['b', 'a', 'b', '']) dirty.add(dir)
    await clock.advance(19)
    expect(ready()).toBe(0)
    await clock.advance(1)
    expect(ready()).toBe(1)
    expect(dirty.take()).toEqual({ whole: false, dirs: ['', 'a', 'b'] })
    expect(dirty.take()).toBeNull()
  })

  test('is ready in spite of hints that never stop, and once until it is taken', async () => {
    const { clock, dirty, ready } = box()
    for (let i = 0; i < 10; i++) {
      dirty.add('camera')
      await clock.advance(10)
    }
    expect(ready()).toBe(1)
    dirty.take()
    dirty.add('camera')
    await clock.advance(20)
    expect(ready()).toBe(2)
  })

  test('says nothing when it was emptied before its time', async () => {
    const { clock, dirty, ready } = box()
    dirty.add('a')
    expect(dirty.take()).toEqual({ whole: false, dirs: ['a'] })
    await clock.advance(20)
    expect(ready()).toBe(0)
  })

  test('is the whole folder on request, and when too many directories are dirty', async () => {
    const { clock, dirty, ready } = box()
    const takes: (Dirty | null)[] = []
    dirty.add('a')
    dirty.addWhole()
    dirty.add('b')
    takes.push(dirty.take())
    for (let i = 0; i <= 10_000; i++) dirty.add(`d${i}`)
    takes.push(dirty.take(), dirty.take())
    expect(takes).toEqual([{ whole: true }, { whole: true }, null])
    dirty.add('a')
    dirty.close()
    await clock.advance(100)
    expect(ready()).toBe(0)
  })
})

describe('polling', () => {
  test('hints directories whose times or inode changed, one that vanished, and asks for a whole scan in between', async () => {
    using box = scratchFolder()
    for (const file of ['a/1.jpg', 'b/1.jpg', 'c/1.jpg']) box.write(file)
    const clock = manualClock()
    const hinted: RelPath[] = []
    let scans = 0
    const polling = openPolling({
      root: box.path,
      clock,
      dirs: () => ['', 'a', 'b', 'c'],
      onHint: (dir) => void hinted.push(dir),
      onScan: () => void scans++,
    })
    const looked = async (): Promise<void> => vi.waitFor(() => expect(clock.sleepers).toBe(1), { timeout: 60_000, interval: 1 })
    await looked()
    expect(hinted).toEqual([])
    unlinkSync(`${box.path}/a/1.jpg`)
    rmSync(`${box.path}/c`, { recursive: true })
    await clock.advance(5_000)
    await looked()
    expect(hinted).toEqual(['', 'a', 'c'])
    expect(scans).toBe(0)
    for (let i = 0; i < 11; i++) {
      await clock.advance(5_000)
      await looked()
    }
    expect(scans).toBe(1)
    expect(hinted).toEqual(['', 'a', 'c'])
    await polling.close()
    expect(clock.sleepers).toBe(0)
  })
})

describe('leaps of time', () => {
  async function leaps(ticks: readonly (readonly [monotonicMs: number, wallMs: number])[]): Promise<readonly TimeLeap[]> {
    const clock = manualClock()
    const seen: TimeLeap[] = []
    const watch = watchTime(clock, (leap) => void seen.push(leap))
    await turn()
    for (const [ms, wallMs] of ticks) await clock.advance(ms, { wallMs })
    await watch.close()
    return seen
  }

  test('an ordinary day has none, nor has a clock that is slewed', async () => {
    expect(await leaps(Array.from({ length: 100 }, () => [5_000, 5_010] as const))).toEqual([])
  })

  test('a wake-up, a clock set back and a process that was stopped are told, each once', async () => {
    expect(
      await leaps([
        [5_000, 5_000],
        [5_000, 3_605_000],
        [5_000, 5_000],
      ]),
    ).toEqual([{ wallStepMs: 3_600_000, lateMs: 0 }])
    expect(
      await leaps([
        [5_000, -595_000],
        [5_000, 5_000],
      ]),
    ).toEqual([{ wallStepMs: -600_000, lateMs: 0 }])
    expect(
      await leaps([
        [65_000, 65_000],
        [5_000, 5_000],
      ]),
    ).toEqual([{ wallStepMs: 0, lateMs: 60_000 }])
  })
})
