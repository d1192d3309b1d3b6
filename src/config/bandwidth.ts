import { type BandwidthPlan, covers, DAY_MINUTES } from '../model/bandwidthPlan.ts'

/** Hours as the config writes them, parsed: minutes since midnight, bytes a second (null: no limit). */
export type WrittenHours = {
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly rate: number | null
}

/** What to write, for messages. */
export const TIME_FORM = 'a time of day in quotes, such as "08:00"'

export const TIME_PATTERN = /^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/

/** `08:30` in minutes since midnight; null when it is no time. `24:00` is the midnight at the end. */
export function parseTimeOfDay(text: string): number | null {
  if (!TIME_PATTERN.test(text)) return null
  return (Number(text.slice(0, 2)) * 60 + Number(text.slice(3))) % DAY_MINUTES
}

/** What is wrong with hours beside each other, each with the position of its entry. */
export function hoursProblems(entries: readonly WrittenHours[]): readonly { readonly index: number; readonly message: string }[] {
  return entries.flatMap(({ from, to }, index) => {
    const say = (message: string) => [{ index, message }]
    if ((from === undefined) !== (to === undefined)) return say('from and to go together')
    if (from === undefined || to === undefined) {
      const isSecond = entries.slice(0, index).some((one) => one.from === undefined)
      return isSecond ? say('a second entry without hours; one says what holds for the rest of the day') : []
    }
    if (from === to) return say('from and to are the same; an entry without both holds for the rest of the day')
    const overlapped = entries.slice(0, index).findIndex((one) => overlap(one, from, to))
    return overlapped < 0 ? [] : say(`these hours overlap those of the entry [${overlapped}]`)
  })
}

function overlap(other: WrittenHours, from: number, to: number): boolean {
  if (other.from === undefined || other.to === undefined) return false
  const a = { fromMinute: other.from, toMinute: other.to }
  return covers(a, from) || covers({ fromMinute: from, toMinute: to }, a.fromMinute)
}

/** Hours as the uploader wants them. Outside of all there is no limit, unless an entry without hours says one. */
export function bandwidthPlan(written: number | null | readonly WrittenHours[] | undefined): BandwidthPlan {
  if (written === undefined || written === null || typeof written === 'number') return { hours: [], otherwise: written ?? null }
  const hours = written.flatMap(({ from, to, rate }) =>
    from === undefined || to === undefined ? [] : [{ fromMinute: from, toMinute: to, bytesPerSecond: rate }],
  )
  return { hours, otherwise: written.find((one) => one.from === undefined)?.rate ?? null }
}
