import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import type { Command } from '../../src/cli/command.ts'
import { SECTIONS } from '../../src/cli/commands.ts'
import { CommandBox } from '../support/commandBox.ts'

const COMMANDS: readonly (readonly [string, Command])[] = SECTIONS.flatMap(({ commands }) => commands).flatMap((node) =>
  node.kind === 'command'
    ? [[node.usage.split(' ')[0] ?? '', node] as const]
    : node.commands.map((command) => [`${node.usage} ${command.usage.split(' ')[0]}`, command] as const),
)

const widest = (text: string) => Math.max(...text.split('\n').map((line) => stringWidth(line)))

test('the first help page fits a terminal of 80 by 24 and names every command', async () => {
  using box = new CommandBox()
  for (const words of [[], ['--help'], ['-h'], ['help']]) {
    const { code, stdout } = await box.runBare(words)
    expect(code).toBe(0)
    expect(widest(stdout)).toBeLessThanOrEqual(80)
    expect(stdout.trimEnd().split('\n').length).toBeLessThanOrEqual(24)
    const listed = stdout
      .split('\n')
      .flatMap((line) => /^ {2}(\S+) /.exec(line)?.[1] ?? /^[\w ]+: (.*)$/.exec(line)?.[1]?.split(', ') ?? [])
    for (const [path] of COMMANDS) expect(listed).toContain(path.split(' ')[0])
  }
})

test.each(COMMANDS)('the help of `%s` fits 80 columns, with its exit codes and two examples', async (path, command) => {
  using box = new CommandBox()
  const { code, stdout } = await box.runBare([...path.split(' '), '--help'])
  expect(code).toBe(0)
  expect(widest(stdout)).toBeLessThanOrEqual(80)
  expect(command.examples.length).toBeGreaterThanOrEqual(2)
  const prefix = ['encord-sync', ...path.split(' ').slice(0, -1)].join(' ')
  for (const [line] of command.examples) expect(stdout).toContain(`  ${prefix} ${line}\n`)
  for (const [exit, about] of command.exits) expect(stdout).toContain(`${String(exit).padStart(4)}  ${about}`)
})

test.each([
  [['statu'], /unknown command statu: did you mean status\?/],
  [['deletes', 'aprove', '3'], /did you mean deletes approve\?/],
  [['status', '--jsn'], /unknown option --jsn: did you mean --json\?/],
  [['deletes', 'approve', '3', '--digset', 'x'], /unknown option --digset: did you mean --digest\?/],
  [['retry', '--asis'], /did you mean --as-is\?/],
  [['xyzzy'], /^error: unknown command xyzzy$/m],
  [['deletes'], /which one\? list, approve, reject/],
  [['status', 'extra'], /more than it takes: extra/],
  [['why'], /an argument is missing: why <path>$/m],
  [['deletes', 'reject'], /an argument is missing: deletes reject <id>$/m],
  [['deletes', 'approve', '3'], /--digest is missing/],
  [['deletes', 'reject', '3x'], /3x is no batch/],
  [['status', '--config', 'a', '--config', 'b'], /--config was given more than once/],
  [['status', '--config'], /--config needs a value/],
] as const)('%j is refused with the nearest that exists, in three parts, exit 2', async (words, message) => {
  using box = new CommandBox()
  const { code, stdout, stderr } = await box.runBare(words)
  expect(code).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toMatch(message)
  expect(stderr).toMatch(/^error: .+\n {2}not done: nothing was done\n {2}next: encord-sync .*--help\n$/)
})

test('with --json an error is JSON on stdout, also when the command line is wrong', async () => {
  using box = new CommandBox()
  const { code, stdout, stderr } = await box.runBare(['statu', '--json'])
  expect(code).toBe(2)
  expect(stderr).toBe('')
  expect(JSON.parse(stdout)).toEqual({
    error: {
      message: 'unknown command statu: did you mean status?',
      not_done: 'nothing was done',
      next: 'encord-sync --help',
      exit_code: 2,
    },
  })
})

test('a missing config is exit 2 and names the way to one', async () => {
  using box = new CommandBox()
  const { code, stderr } = await box.run('status')
  expect(code).toBe(2)
  expect(stderr).toMatch(/there is no config at .*config\.yaml/)
})
