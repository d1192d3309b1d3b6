import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { openOut } from '../../../src/cli/text/out.ts'
import { UserError } from '../../../src/model/error.ts'
import { Secrets } from '../../../src/model/secrets.ts'

class Page extends Writable {
  text = ''
  override _write(chunk: unknown, _encoding: string, done: (error?: Error) => void): void {
    this.text += String(chunk)
    done()
  }
}

function outOf(json: boolean) {
  const secrets = new Secrets()
  secrets.add('the-key')
  const [stdout, stderr] = [new Page(), new Page()]
  return { stdout, stderr, out: openOut({ stdout, stderr, env: {}, plain: false, json, secrets }) }
}

const error = new UserError(3, { what: 'the key the-key is refused', notDone: 'nothing was sent', next: 'encord-sync doctor' })

test('a result is text for people and one line of JSON for programs', () => {
  const people = outOf(false)
  people.out.show({ units: 3 }, ({ units }) => `${units} units`)
  expect(people.stdout.text).toBe('3 units\n')
  const program = outOf(true)
  program.out.print('hello')
  program.out.show({ units: 3 }, ({ units }) => `${units} units`)
  expect(program.stdout.text).toBe('{"units":3}\n')
})

test('an error is a story on stderr, or the same story as JSON on stdout, without secrets', () => {
  const people = outOf(false)
  people.out.error(error)
  expect(people.stdout.text).toBe('')
  expect(people.stderr.text).toBe('error: the key [secret] is refused\n  not done: nothing was sent\n  next: encord-sync doctor\n')
  const program = outOf(true)
  program.out.error(error)
  expect(JSON.parse(program.stdout.text)).toEqual({
    error: { message: 'the key [secret] is refused', not_done: 'nothing was sent', next: 'encord-sync doctor', exit_code: 3 },
  })
})

test('warnings and notes go to stderr and leave stdout to the result', () => {
  const { out, stdout, stderr } = outOf(true)
  out.warn('settle is small')
  out.note('scanning')
  expect(stderr.text).toBe('warning: settle is small\nscanning\n')
  expect(stdout.text).toBe('')
})

test('once the reader is gone, printing does nothing and says so', async () => {
  const { out, stdout } = outOf(false)
  out.print('one')
  stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))
  out.print('two')
  await out.flushed()
  expect(out.closed).toBe(true)
  expect(stdout.text).toBe('one\n')
})
