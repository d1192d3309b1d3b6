import { PassThrough } from 'node:stream'
import type { Host } from '../../src/cli/command.ts'

/** A person at a terminal who reads each question before answering it. */
export type Conversation = Pick<Host, 'stdin' | 'stderr'> & {
  /** Everything shown so far, answers left out: the terminal's echo is not played. */
  shown(): string
  /** Questions whose answer was typed while the terminal did not echo. */
  readonly hidden: readonly string[]
  /** Answers that nobody asked for. */
  readonly left: readonly string[]
}

/** @param answers the end of each question, in their order, and what is typed then; null ends the input (Ctrl-D) */
export function conversation(answers: readonly (readonly [question: RegExp, answer: string | null])[]): Conversation {
  const [left, hidden] = [answers.map(([question]) => question.source), [] as string[]]
  let isRaw = false
  let unread = ''
  let shown = ''
  const setRawMode = (mode: boolean) => {
    isRaw = mode
  }
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode })
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80 })
  output.on('data', (part) => {
    shown += String(part)
    unread += String(part)
    const next = answers[answers.length - left.length]
    if (next === undefined || !next[0].test(unread)) return
    left.shift()
    unread = ''
    if (isRaw) hidden.push(next[0].source)
    if (next[1] === null) input.end()
    else input.write(`${next[1]}\n`)
  })
  return {
    stdin: () => input as unknown as NodeJS.ReadStream,
    stderr: output as unknown as NodeJS.WriteStream,
    shown: () => shown,
    hidden,
    left,
  }
}
