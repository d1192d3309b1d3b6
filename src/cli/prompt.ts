import { createInterface } from 'node:readline/promises'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import type { Host } from './command.ts'

/** Whether a person is there to be asked: questions go to stderr, answers come from stdin. */
export function canAsk(host: Pick<Host, 'stdin' | 'stderr'>): boolean {
  return host.stderr.isTTY === true && host.stdin().isTTY === true
}

/** Asks one question and reads one line. @throws UserError (2) when the person stops it */
export async function askLine(host: Pick<Host, 'stdin' | 'stderr'>, question: string, signal: AbortSignal): Promise<string> {
  const reader = createInterface({ input: host.stdin(), output: host.stderr, terminal: false })
  // The end of the input (Ctrl-D) is no answer.
  const ended = new Promise<never>((_, reject) => reader.once('close', () => reject(stopped())))
  try {
    return await Promise.race([reader.question(question, { signal }), ended])
  } catch (error) {
    throw error instanceof UserError ? error : stopped()
  } finally {
    ended.catch(() => undefined)
    reader.close()
  }
}

/** Asks for a secret; what is typed is not shown. @throws UserError (2) when the person stops it (Ctrl-C, Ctrl-D) */
export async function askSecret(host: Pick<Host, 'stdin' | 'stderr'>, question: string): Promise<string> {
  const stdin = host.stdin()
  // Before the question: whoever answers at once is not shown either.
  stdin.setRawMode(true)
  try {
    host.stderr.write(question)
    return await secretLine(stdin)
  } finally {
    stdin.setRawMode(false)
    stdin.pause()
    host.stderr.write('\n')
  }
}

function secretLine(stdin: NodeJS.ReadStream): Promise<string> {
  const decoder = new TextDecoder()
  let typed = ''
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      stdin.off('data', onData)
      stdin.off('end', onEnd)
      settle()
    }
    const onEnd = () => end(() => reject(stopped()))
    const onData = (bytes: Buffer) => {
      for (const character of decoder.decode(bytes, { stream: true })) {
        if (character === '\r' || character === '\n') return end(() => resolve(typed))
        if (character === '\u0003' || character === '\u0004') return end(() => reject(stopped()))
        typed = character === '\u007f' || character === '\b' ? [...typed].slice(0, -1).join('') : typed + character
      }
    }
    stdin.on('data', onData)
    stdin.on('end', onEnd)
    stdin.resume()
  })
}

function stopped(): UserError {
  return new UserError(EXIT.usage, { what: 'stopped before an answer', notDone: 'nothing was sent', next: 'run the command again' })
}
