import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SECTIONS } from '../../src/cli/commands.ts'
import { wantedAt } from '../../src/cli/completion/wanted.ts'
import { CommandBox } from '../support/commandBox.ts'

const TREE = SECTIONS.flatMap((section) => section.commands)

/** A ledger with some units and a held batch, and the config that names it. */
function knownBox(): CommandBox & { readonly batch: { readonly id: number; readonly digest: string } } {
  const box = new CommandBox()
  const folder = box.folder('drone')
  for (const key of ['site a/run-3', 'site a/run-4', 'site-b.jpg'])
    box.unit(folder, key, key.endsWith('.jpg') ? {} : { kind: 'image_group', frames: [`${key}/1.jpg`] })
  const gone = box.unit(folder, 'gone.jpg', { local: 'absent' })
  const digest = 'digest-of-it'
  const id = box.ledger.now(() => {
    box.ledger.candidates.add(gone.versionId ?? 0, 'absent', null, 1)
    const made = box.ledger.candidates.addBatch(folder.id, digest, 'more than the limit', 1)
    box.ledger.candidates.setBatch(gone.versionId ?? 0, made)
    return made
  })
  box.configure([folder])
  return Object.assign(box, { batch: { id, digest } })
}

async function ask(box: CommandBox, ...typed: readonly string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await box.runBare(['__complete', ...typed])
  expect([code, stderr]).toEqual([0, ''])
  return stdout.split('\n').filter((line) => line !== '')
}

test('commands, their sub-commands and options are completed', async () => {
  using box = new CommandBox()
  expect(await ask(box, 'sta')).toEqual(['status'])
  expect(await ask(box, 'deletes', '')).toEqual(['list', 'approve', 'reject'])
  expect(await ask(box, 'once', '--w')).toEqual(['--wait'])
  expect(await ask(box, '--config', 'x.yaml', 'retry', '--as')).toEqual(['--as-is'])
  expect(await ask(box, 'completion', 'install', '--shell', '')).toEqual(['bash', 'zsh', 'fish'])
  expect(await ask(box, 'nothing', 'of', 'this')).toEqual([])
})

test('paths of units come from the ledger, folders from the config, ids and digests from what is held', async () => {
  using box = knownBox()
  const config = ['--config', box.configFile]
  expect(await ask(box, ...config, 'why', 'site')).toEqual(['site a/run-3', 'site a/run-4', 'site-b.jpg'])
  expect(await ask(box, 'retry', ...config, 'site-b.jpg', 'site a/')).toEqual(['site a/run-3', 'site a/run-4'])
  expect(await ask(box, 'pause', ...config, '')).toEqual([join(box.base, 'drone')])
  expect(await ask(box, 'deletes', 'approve', ...config, '')).toEqual([String(box.batch.id)])
  expect(await ask(box, 'deletes', 'approve', String(box.batch.id), ...config, '--digest', '')).toEqual(['digest-of-it'])
})

test('files are completed where a file is meant, and nothing is said where something is wrong', async () => {
  using box = knownBox()
  expect(await ask(box, 'status', '--config', './con')).toEqual(['./config.yaml'])
  expect(await ask(box, 'why', '--config', box.configFile, './dr')).toEqual(['./drone/'])
  expect(await ask(box, 'why', '--config', '/no/such/config.yaml', 'a')).toEqual([])
  writeFileSync(join(box.base, 'broken.yaml'), 'ledger: [')
  expect(await ask(box, 'why', '--config', 'broken.yaml', '')).toEqual([])
})

test('every command has an answer for what comes next', () => {
  for (const node of TREE) {
    const commands =
      node.kind === 'command' ? [[node.usage.split(' ')[0] ?? '']] : node.commands.map((one) => [node.usage, one.usage.split(' ')[0] ?? ''])
    for (const words of commands) {
      expect(wantedAt(TREE, [...words, ''])).toHaveProperty('kind')
      expect(wantedAt(TREE, [...words, '--'])).toMatchObject({
        kind: 'words',
        words: expect.arrayContaining(['--config', '--json', '--help']),
      })
    }
  }
})

test.skipIf(!existsSync('/bin/bash'))('bash completes with it: blanks are escaped, directories get no blank behind them', async () => {
  using box = knownBox()
  const fake = join(box.base, 'bin/encord-sync')
  mkdirSync(join(box.base, 'bin'))
  writeFileSync(fake, `#!/bin/sh\n[ "$1" = __complete ] && printf 'site a/run-3\\nsub/\\n' && echo "$@" > ${box.base}/asked\n`)
  chmodSync(fake, 0o755)
  const { stdout } = await box.runBare(['completion', 'bash'])
  const script = `${stdout}\ncompopt() { :; }\nCOMP_WORDS=(encord-sync why s) COMP_CWORD=2\n_encord_sync ${fake}\nprintf '%s\\n' "\${COMPREPLY[@]}"`
  expect(execFileSync('/bin/bash', ['-c', script], { encoding: 'utf8' })).toBe('site\\ a/run-3\nsub/\n')
  expect(readFileSync(join(box.base, 'asked'), 'utf8')).toBe('__complete why s\n')
})

test('`completion install` writes it where the shell looks, once, and over nothing else', async () => {
  using box = new CommandBox()
  const install = (...words: readonly string[]) => box.runBare(['completion', 'install', ...words], { env: { SHELL: '/usr/bin/fish' } })
  const file = join(box.base, '.config/fish/completions/encord-sync.fish')
  expect(await install()).toMatchObject({ code: 0, stdout: expect.stringContaining(`wrote ${file}`) })
  expect(readFileSync(file, 'utf8')).toContain('encord-sync __complete')
  expect(await install()).toMatchObject({ code: 0, stdout: expect.stringContaining('unchanged') })
  writeFileSync(file, '# mine')
  expect(await install()).toMatchObject({ code: 2, stderr: expect.stringContaining('something else stands there') })
  expect(await install('--shell', 'zsh')).toMatchObject({ code: 0, stdout: expect.stringContaining('fpath=') })
  expect(await box.runBare(['completion', 'install'], { env: {} })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--shell bash|zsh|fish'),
  })
})
