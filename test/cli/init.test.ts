import { copyFileSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { Secrets } from '../../src/model/secrets.ts'
import type { Ran } from '../support/commandBox.ts'
import { type Conversation, conversation } from '../support/conversation.ts'
import { BOX_DATASET, BOX_KEY } from '../support/emulatorBox.ts'
import { CLOUD_DATASET, CLOUD_KEY, type ProtocolBox, protocolBox } from '../support/protocolBox.ts'

const FIXTURES = fileURLToPath(new URL('../media/fixtures', import.meta.url))
const THREE_PARTS = /^error: [\s\S]+\n {2}not done: .+\n {2}next: .+\n$/
const NEVER = () => new AbortController().signal

/** A box without a config in the usual place, with a folder: a video, an image, a group of two, and one ignored file. */
async function freshBox() {
  const one = await protocolBox()
  const { box } = one
  const folder = join(box.base, 'drone')
  mkdirSync(join(folder, 'site'), { recursive: true })
  for (const [from, to] of [
    ['plain.mp4', 'a.mp4'],
    ['plain.jpg', 'b.jpg'],
    ['plain.jpg', 'site/1.jpg'],
    ['progressive.jpg', 'site/2.jpg'],
    ['plain.jpg', 'c.jpg~'],
  ] as const) {
    copyFileSync(join(FIXTURES, from), join(folder, to))
  }
  const place = join(box.base, '.config/encord-sync')
  const run = (words: readonly string[], person?: Conversation): Promise<Ran> =>
    box.runBare(['init', ...words], { stopSignal: NEVER, nowMs: Date.now, ...person })
  return {
    ...one,
    folder,
    run,
    configFile: join(place, 'config.yaml'),
    keyFile: join(place, 'config.key'),
    [Symbol.asyncDispose]: one[Symbol.asyncDispose],
  }
}

type Fresh = Awaited<ReturnType<typeof freshBox>>

const load = ({ box }: Pick<ProtocolBox, 'box'>, file: string) =>
  loadConfig({ file, directory: box.base, env: {}, home: box.base, platform: 'linux', secrets: new Secrets() })

/** Every answer but the key. */
const flagsOf = ({ emulator, folder }: Fresh) => [
  '--domain',
  emulator.url,
  '--dataset',
  BOX_DATASET,
  '--folder',
  folder,
  '--deletes',
  'hold',
]

/** The files that hold anything of `init`'s. */
const written = ({ configFile, keyFile }: Fresh) => [configFile, keyFile].filter((file) => existsSync(file))

const WRITES = ['POST dataset', 'POST datasetapikey', 'PUT video', 'POST imagegroup', 'PUT datarow']

describe('with a flag for every answer', () => {
  test('it writes a config that loads, 0600, with the key in a file of its own, and starts nothing', async () => {
    await using one = await freshBox()
    const { box, emulator, folder, configFile, keyFile } = one
    const { code, stdout, stderr } = await one.run([...flagsOf(one), '--api-key-env', 'ENCORD_API_KEY'])
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `looking at ${folder} …\n${folder}: 4 files, ${sizeOf(folder)}, 1 group, 1 ignored\n`,
    })
    expect(stdout).toMatch(/nothing was started\. Next:\n {2}encord-sync once .*\n {2}encord-sync run .*\n$/)
    expect([configFile, keyFile].map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600])
    expect(readFileSync(keyFile, 'utf8')).toBe(`${BOX_KEY}\n`)
    const text = readFileSync(configFile, 'utf8')
    expect(text + stdout + stderr).not.toContain(BOX_KEY)
    expect(text).toMatch(/^ {4}# The dataset that this folder feeds: box$/m)
    const config = load(one, configFile)
    expect(config).toMatchObject({
      encord: { domain: emulator.url },
      ledgerPath: join(box.base, '.local/state/encord-sync/ledger.db'),
      warnings: [],
    })
    expect(config.folders).toMatchObject([{ path: folder, dataset: BOX_DATASET, policy: { deletes: { mode: 'hold' } } }])
    expect(config.folders[0]?.readApiKey()).toBe(BOX_KEY)
    expect(existsSync(config.ledgerPath)).toBe(false)
    expect(existsSync(join(folder, '.encord-sync'))).toBe(false)
    expect(emulator.calls.all().filter(({ call }) => WRITES.includes(call))).toEqual([])
  })

  test('the next command it names is all that is left: `once` puts the folder into the dataset', async () => {
    await using one = await freshBox()
    rmSync(join(one.folder, 'site'), { recursive: true })
    const config = join(one.box.base, 'lab', 'my lab.yaml')
    const made = await one.run([...flagsOf(one), '--api-key-env', 'ENCORD_API_KEY', '--config', config, '--json'])
    expect(made).toMatchObject({ code: 0, stderr: '' })
    const view = JSON.parse(made.stdout)
    expect(view).toMatchObject({
      config,
      key_file: join(one.box.base, 'lab', 'my lab.key'),
      dataset: BOX_DATASET,
      deletes: 'hold',
      made_dataset: false,
    })
    expect(view.plan).toMatchObject({ files: 2, groups: 0, ignored: 1, refused: [], trouble: null })
    expect(view.next).toEqual([`encord-sync once --config '${config}'`, `encord-sync run --config '${config}'`])
    expect(load(one, config).ledgerPath).toBe(join(one.box.base, 'lab', 'my lab.ledger.db'))
    // As a person would: a commented key put to use.
    writeFileSync(config, readFileSync(config, 'utf8').replace('# settle: 5s', 'settle: 1s'))
    const once = await one.box.runBare(['once', '--config', config], { stopSignal: NEVER, nowMs: Date.now })
    expect(once.code).toBe(0)
    expect(
      one.emulator
        .rows()
        .map(({ title }) => title)
        .sort(),
    ).toEqual(['a.mp4', 'b.jpg'])
  })

  test.each(['key\n', 'key\r\n', ' key \n'])('a key file that holds %j works, and the config names it where it is', async (form) => {
    await using one = await freshBox()
    const file = one.write('mine.key', form.replace('key', BOX_KEY))
    expect((await one.run([...flagsOf(one), '--api-key-file', 'mine.key'])).code).toBe(0)
    expect(written(one)).toEqual([one.configFile])
    expect(readFileSync(one.configFile, 'utf8')).toContain(`api_key_file: "${file}"`)
    expect(load(one, one.configFile).folders[0]?.readApiKey()).toBe(BOX_KEY)
  })

  test('a new dataset and its key are made with the private key', async () => {
    await using one = await freshBox()
    const words = [
      '--domain',
      one.emulator.url,
      '--new-dataset',
      'Drones',
      '--private-key',
      one.privateKey,
      '--folder',
      'drone',
      '--deletes',
      'never',
    ]
    const made = await one.run([...words, '--json'])
    expect(made).toMatchObject({ code: 0, stderr: '' })
    const view = JSON.parse(made.stdout)
    expect(one.emulator.emulator.datasets()).toContainEqual(
      expect.objectContaining({ dataset_hash: view.dataset, title: 'Drones', type: 'CORD_STORAGE', rows: [] }),
    )
    const key = readFileSync(one.keyFile, 'utf8').trimEnd()
    expect(key).toMatch(/^[\w-]{43}$/)
    expect(made.stdout + readFileSync(one.configFile, 'utf8')).not.toContain(key)
    expect(load(one, one.configFile)).toMatchObject({
      encord: { privateKeyFile: one.privateKey },
      folders: [{ dataset: view.dataset, path: one.folder }],
    })
  })

  test('what is left out is named with its reason', async () => {
    await using one = await freshBox()
    writeFileSync(join(one.folder, 'evil\u202e.jpg'), 'no image')
    const { stderr } = await one.run([...flagsOf(one), '--api-key-env', 'ENCORD_API_KEY'])
    expect(stderr).toMatch(/: 4 files, .*, 1 ignored, 1 not sent\n {2}not sent: evil\\u202e\.jpg: .+\n$/)
  })
})

describe('without a terminal', () => {
  test.each([
    [[], ['--domain', '--dataset', '--api-key-file', '--folder', '--deletes']],
    [
      ['--new-dataset', 'x'],
      ['--domain', '--private-key', '--folder', '--deletes'],
    ],
    [
      ['--domain', 'https://api.encord.com', '--new-key', '--dataset', BOX_DATASET, '--deletes', 'hold'],
      ['--private-key', '--folder'],
    ],
  ])('%j leaves these missing, all named at once: exit 2', async (given, missing) => {
    await using one = await freshBox()
    const { code, stderr } = await one.run(given)
    expect(code).toBe(2)
    expect(stderr).toMatch(THREE_PARTS)
    const named = [...(stderr.match(/missing: (.*)/)?.[1] ?? '').matchAll(/(?:^|, )(--[\w-]+)(?= [A-Zp])/g)].map(([, name]) => name)
    expect(named.filter((name) => name !== '--new-key')).toEqual(missing)
    expect([written(one), one.emulator.calls.all()]).toEqual([[], []])
  })

  test('`--json` asks nothing at a terminal either', async () => {
    await using one = await freshBox()
    const person = conversation([])
    const { code, stdout } = await one.run(['--json'], person)
    expect([code, JSON.parse(stdout).error.exit_code, person.shown()]).toEqual([2, 2, ''])
  })

  test.each([
    ['both an existing and a new dataset', ['--dataset', BOX_DATASET, '--new-dataset', 'x'], /exclude each other/],
    ['two keys', ['--api-key-env', 'ENCORD_API_KEY', '--new-key'], /only one of --api-key-env, --new-key/],
    ['a key for a dataset that is yet to be made', ['--new-dataset', 'x', '--api-key-env', 'ENCORD_API_KEY'], /has no key yet/],
    ['a storage that takes no uploads', ['--new-dataset', 'x', '--storage', 'aws'], /own storage only/],
    ['an address that is none', ['--domain', 'http://example.org'], /--domain/],
    ['a hash that is none', ['--dataset', '../x'], /--dataset/],
    ['an empty title', ['--new-dataset', ' '], /title is empty/],
    ['a folder that is not there', ['--folder', 'nowhere'], /is not there[\s\S]*next: mkdir -p/],
    ['a file as the folder', ['--folder', 'config.yaml'], /not a directory/],
    ['a variable that is not set', ['--api-key-env', 'NOT_SET'], /no such environment variable/],
    ['a key file that is not there', ['--api-key-file', 'nowhere'], /--api-key-file: .*ENOENT/],
  ])('%s is exit 2 before anything is sent', async (_name, words, message) => {
    await using one = await freshBox()
    const { code, stderr } = await one.run(words)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) })
    expect(stderr).toMatch(THREE_PARTS)
    expect([written(one), one.emulator.calls.all()]).toEqual([[], []])
  })

  test('a key in the place of a variable name is not repeated', async () => {
    await using one = await freshBox()
    const { code, stdout, stderr } = await one.run([...flagsOf(one), '--api-key-env', BOX_KEY])
    expect(code).toBe(2)
    expect(stdout + stderr).not.toContain(BOX_KEY)
  })
})

describe('what is there already', () => {
  test.each(['a file', 'a link to nowhere'])('%s in the place of the config stays as it is: exit 2 with its path', async (kind) => {
    await using one = await freshBox()
    mkdirSync(dirname(one.configFile), { recursive: true })
    if (kind === 'a file') writeFileSync(one.configFile, 'precious')
    else symlinkSync(join(one.box.base, 'elsewhere'), one.configFile)
    const { code, stderr } = await one.run([...flagsOf(one), '--api-key-env', 'ENCORD_API_KEY'])
    expect(code).toBe(2)
    expect(stderr).toMatch(THREE_PARTS)
    expect(stderr).toContain(one.configFile)
    expect(existsSync(join(one.box.base, 'elsewhere'))).toBe(false)
    if (kind === 'a file') expect(readFileSync(one.configFile, 'utf8')).toBe('precious')
    expect([existsSync(one.keyFile), one.emulator.calls.all()]).toEqual([false, []])
  })

  test('a key file that is there is not written over, and makes no dataset', async () => {
    await using one = await freshBox()
    mkdirSync(dirname(one.keyFile), { recursive: true })
    writeFileSync(one.keyFile, 'precious', { mode: 0o600 })
    const words = [
      '--domain',
      one.emulator.url,
      '--new-dataset',
      'x',
      '--private-key',
      one.privateKey,
      '--folder',
      one.folder,
      '--deletes',
      'hold',
    ]
    expect(await one.run(words)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`next: encord-sync init --api-key-file ${one.keyFile}`),
    })
    expect([readFileSync(one.keyFile, 'utf8'), one.emulator.calls.all()]).toEqual(['precious', []])
  })

  test('neither config, key nor ledger goes into the folder', async () => {
    await using one = await freshBox()
    symlinkSync(one.folder, join(one.box.base, 'link'))
    const made = await one.run([...flagsOf(one), '--api-key-env', 'ENCORD_API_KEY', '--config', join('link', 'sub', 'c.yaml')])
    expect(made).toMatchObject({ code: 2, stderr: expect.stringMatching(/would lie inside the folder/) })
    expect(lstatSync(join(one.folder, 'sub'), { throwIfNoEntry: false })).toBeUndefined()
  })
})

describe('the server', () => {
  test('a key it does not know is exit 3, a dataset in a bucket exit 2, a server that is away exit 1; nothing is written', async () => {
    await using one = await freshBox()
    const flags = flagsOf(one)
    one.box.env['OTHER'] = CLOUD_KEY
    one.box.env['WRONG'] = 'no-such-key-0123456789'
    for (const name of ['WRONG', 'OTHER']) {
      expect(await one.run([...flags, '--api-key-env', name])).toMatchObject({ code: 3, stderr: expect.stringMatching(THREE_PARTS) })
    }
    const bucket = flags.map((word) => (word === BOX_DATASET ? CLOUD_DATASET : word))
    expect(await one.run([...bucket, '--api-key-env', 'OTHER'])).toMatchObject({ code: 2, stderr: expect.stringMatching(/cloud bucket/) })
    await one.emulator.emulator.close()
    const away = await one.run([...flags, '--api-key-env', 'ENCORD_API_KEY'])
    expect(away).toMatchObject({ code: 1, stderr: expect.stringContaining(one.emulator.url) })
    expect(away.stdout + away.stderr).not.toContain(BOX_KEY)
    expect(written(one)).toEqual([])
  })

  test('what was made before a failure is named, with the command that goes on from there', async () => {
    await using one = await freshBox()
    const words = [
      '--domain',
      one.emulator.url,
      '--new-dataset',
      'Left',
      '--private-key',
      one.privateKey,
      '--folder',
      one.folder,
      '--deletes',
      'hold',
    ]
    one.emulator.setFaults({ match: { call: 'GET apikeymeta' }, do: { kind: 'error', word: 'AUTHENTICATION_ERROR' } })
    const failed = await one.run(words)
    const hash = one.emulator.emulator.datasets().find(({ title }) => title === 'Left')?.dataset_hash
    expect(failed.code).toBe(3)
    expect(failed.stderr).toContain(`not done: no config was written; the dataset ${hash} was made, and its new key is in ${one.keyFile}\n`)
    expect(failed.stderr).toContain(`next: encord-sync init --dataset ${hash} --api-key-file ${one.keyFile}\n`)
    one.emulator.setFaults()
    const rest = [
      '--dataset',
      hash ?? '',
      '--api-key-file',
      one.keyFile,
      '--domain',
      one.emulator.url,
      '--folder',
      one.folder,
      '--deletes',
      'hold',
    ]
    expect((await one.run(rest)).code).toBe(0)
  })

  test('a key that could not be made leaves no key file', async () => {
    await using one = await freshBox()
    one.emulator.setFaults({ match: { call: 'POST datasetapikey' }, do: { kind: 'error', word: 'AUTHORISATION_ERROR' } })
    const { code } = await one.run([...flagsOf(one), '--new-key', '--private-key', one.privateKey])
    expect([code, written(one)]).toEqual([3, []])
  })
})

describe('at a terminal', () => {
  test('it asks for everything, the key without echo, shows the plan, and writes the config', async () => {
    await using one = await freshBox()
    const person = conversation([
      [/Which server[\s\S]*: $/, one.emulator.url],
      [/Which dataset[\s\S]*: $/, '1'],
      [/Its hash.*: $/, BOX_DATASET.toUpperCase()],
      [/Which API key[\s\S]*: $/, '1'],
      [/not shown\): $/, BOX_KEY],
      [/Which folder.*: $/, '~/drone'],
      [/When a file is removed here[\s\S]*: $/, 'yes'],
    ])
    const { code, stdout } = await one.run([], person)
    expect([code, person.left]).toEqual([0, []])
    expect(person.hidden).toEqual(['not shown\\): $'])
    expect(person.shown()).toMatch(/: 4 files, .*, 1 group, 1 ignored\nWhen a file is removed here, /)
    expect(person.shown() + stdout).not.toContain(BOX_KEY)
    expect(load(one, one.configFile).folders).toMatchObject([
      { path: one.folder, dataset: BOX_DATASET, policy: { deletes: { mode: 'propagate' } } },
    ])
  })

  test('an answer that cannot be used is told why and asked again; what flags say is not asked', async () => {
    await using one = await freshBox()
    const person = conversation([
      [/Its hash.*: $|Which dataset[\s\S]*: $/, 'both'],
      [/a number from 1 to 2[\s\S]*Which dataset[\s\S]*: $/, '1'],
      [/Its hash.*: $/, 'drones'],
      [/not a dataset's hash[\s\S]*Its hash.*: $/, BOX_DATASET],
      [/Which API key[\s\S]*: $/, '1'],
      [/not shown\): $/, 'no-such-key-0123456789'],
      [/is refused[\s\S]*not shown\): $/, BOX_KEY],
      [/Which folder.*: $/, 'config.yaml'],
      [/not a directory[\s\S]*Which folder.*: $/, 'fresh'],
      [/is not there\. Make it.*: $/, 'yes'],
    ])
    const { code } = await one.run(['--domain', one.emulator.url, '--deletes', 'never'], person)
    expect([code, person.left]).toEqual([0, []])
    expect(person.shown()).not.toContain('no-such-key')
    expect(person.shown()).toMatch(/fresh: 0 files, 0 B, 0 groups, 0 ignored\n$/)
    expect(load(one, one.configFile).folders[0]?.path).toBe(join(one.box.base, 'fresh'))
  })

  test('a new dataset is made with the private key that is asked for', async () => {
    await using one = await freshBox()
    const person = conversation([
      [/Which dataset[\s\S]*: $/, '2'],
      [/Its title: $/, 'Drones: "May" #1'],
      [/Your private key.*: $/, 'nowhere'],
      [/cannot be read[\s\S]*Your private key.*: $/, one.privateKey],
      [/When a file is removed here[\s\S]*: $/, '2'],
    ])
    const { code } = await one.run(['--domain', one.emulator.url, '--folder', one.folder], person)
    expect([code, person.left]).toEqual([0, []])
    expect(load(one, one.configFile).folders[0]?.policy.deletes.mode).toBe('hold')
    expect(one.emulator.emulator.datasets().map(({ title }) => title)).toContain('Drones: "May" #1')
  })

  test('Ctrl-D ends it, exit 2, and nothing is written', async () => {
    await using one = await freshBox()
    const person = conversation([[/When a file is removed here[\s\S]*: $/, null]])
    const words = ['--domain', one.emulator.url, '--dataset', BOX_DATASET, '--folder', one.folder, '--api-key-env', 'ENCORD_API_KEY']
    expect((await one.run(words, person)).code).toBe(2)
    expect([person.left, written(one)]).toEqual([[], []])
  })
})

function sizeOf(folder: string): string {
  const sizeBytes = ['a.mp4', 'b.jpg', 'site/1.jpg', 'site/2.jpg'].reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
  return `${(sizeBytes / 1000).toFixed(sizeBytes < 9950 ? 1 : 0)} kB`
}
