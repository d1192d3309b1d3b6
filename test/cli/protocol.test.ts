import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import sshpk from 'sshpk'
import { describe, expect, test } from 'vitest'
import { registeredVideo } from '../support/emulatorCalls.ts'
import { ENCRYPTED_KEY } from '../support/encryptedKey.ts'
import { CLOUD_DATASET, CLOUD_KEY, protocolBox, terminal } from '../support/protocolBox.ts'

const encryptedPublicKey = sshpk.parsePrivateKey(ENCRYPTED_KEY.text, 'ssh', { passphrase: ENCRYPTED_KEY.passphrase }).toPublic()
const THREE_PARTS = /^error: [\s\S]+\n {2}not done: .+\n {2}next: .+\n$/

describe('dataset', () => {
  test('create makes an empty dataset with title, description and storage, and prints its hash', async () => {
    await using one = await protocolBox()
    const made = await one.run('dataset', 'create', '--title', 'Drones', '--description', 'of May', '--storage', 'gcp')
    expect(made.code).toBe(0)
    const [hash = ''] = made.stdout.split('\n')
    expect(one.emulator.emulator.datasets()).toContainEqual({ dataset_hash: hash, title: 'Drones', type: 'GCP_STR', rows: [], unused: [] })
    const json = await one.run('dataset', 'create', '--title', 'More', '--json')
    expect(JSON.parse(json.stdout)).toEqual({ dataset: expect.stringMatching(/^[0-9a-f-]{36}$/), title: 'More', storage: 'CORD_STORAGE' })
  })

  test('create needs no config where key and domain are given', async () => {
    await using one = await protocolBox()
    const words = ['dataset', 'create', '--title', 'First', '--private-key', 'encord-key', '--domain', one.emulator.url]
    const made = await one.box.runBare(words, { stopSignal: () => new AbortController().signal })
    expect(made).toMatchObject({ code: 0, stderr: '' })
    expect(one.emulator.emulator.datasets().map(({ title }) => title)).toContain('First')
  })

  test('an empty title, an unknown storage and a domain that is none are exit 2 before anything is sent', async () => {
    await using one = await protocolBox()
    expect(await one.run('dataset', 'create', '--title', ' ')).toMatchObject({ code: 2, stderr: expect.stringMatching(THREE_PARTS) })
    expect((await one.run('dataset', 'create', '--title', 'x', '--storage', 'ftp')).code).toBe(2)
    const plain = await one.run('dataset', 'create', '--title', 'x', '--domain', 'http://example.org')
    expect(plain).toMatchObject({ code: 2, stderr: expect.stringMatching(THREE_PARTS) })
    expect(one.emulator.calls.all()).toEqual([])
  })

  test('a lost answer says that the dataset may have been made, exit 1, and nothing is repeated', async () => {
    await using one = await protocolBox()
    one.emulator.setFaults({ match: { call: 'POST dataset' }, do: { kind: 'cut', when: 'after' } })
    const lost = await one.run('dataset', 'create', '--title', 'Once')
    expect(lost).toMatchObject({ code: 1, stderr: expect.stringMatching(/not done: it is not known whether the dataset was made/) })
    expect(one.emulator.emulator.datasets().filter(({ title }) => title === 'Once')).toHaveLength(1)
  })

  test('info shows title, description, storage, rows by type and the folders that feed it', async () => {
    await using one = await protocolBox()
    await registeredVideo(one.emulator, 'a.mp4')
    const info = await one.run('dataset', 'info')
    expect(info.code).toBe(0)
    expect(info.stdout).toBe(
      `box  ${one.emulator.dataset}\n  for tests\n  storage  Encord's own storage\n  rows     1 (1 VIDEO)\n  fed by   ${join(one.box.base, 'IN')}\n`,
    )
    expect(JSON.parse((await one.run('dataset', 'info', '--json')).stdout)).toEqual({
      dataset: one.emulator.dataset,
      title: 'box',
      description: 'for tests',
      storage: 'CORD_STORAGE',
      rows: 1,
      rowsByType: { VIDEO: 1 },
      folders: [join(one.box.base, 'IN')],
    })
  })

  test('a dataset outside the config wants a key file; one that others can read is refused', async () => {
    await using one = await protocolBox()
    const without = await one.run('dataset', 'info', '--dataset', CLOUD_DATASET)
    expect(without).toMatchObject({ code: 2, stderr: expect.stringMatching(/--api-key-file FILE/) })
    const file = one.write('cloud.key', `${CLOUD_KEY}\n`)
    const words = ['dataset', 'info', '--dataset', CLOUD_DATASET.toUpperCase(), '--api-key-file', 'cloud.key']
    expect(await one.run(...words)).toMatchObject({ code: 0, stdout: expect.stringMatching(/cloudy .*\n {2}storage {2}AWS S3\n/) })
    chmodSync(file, 0o644)
    expect(await one.run(...words)).toMatchObject({ code: 2, stderr: expect.stringMatching(/others can read the key file/) })
    expect(await one.run('dataset', 'info', '--dataset', '../x')).toMatchObject({ code: 2, stderr: expect.stringMatching(THREE_PARTS) })
  })

  test('several datasets in the config want one to be named', async () => {
    await using one = await protocolBox()
    const text = readFileSync(one.box.configFile, 'utf8')
    one.write('config.yaml', text.replace(']', `, { path: ${one.box.base}/B, dataset: ${CLOUD_DATASET}, api_key: "\${ENCORD_API_KEY}" }]`))
    const info = await one.run('dataset', 'info')
    expect(info).toMatchObject({ code: 2, stderr: expect.stringMatching(THREE_PARTS) })
    expect(info.stderr).toContain(`${one.emulator.dataset}, ${CLOUD_DATASET}`)
  })

  test('a refused API key is exit 3, a server that is away exit 1, and neither prints the key', async () => {
    await using one = await protocolBox()
    one.emulator.emulator.revokeKey(one.emulator.key)
    const refused = await one.run('dataset', 'info')
    expect(refused).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/AUTHENTICATION_ERROR[\s\S]*next: encord-sync --config \S+ doctor/),
    })
    await one.emulator.emulator.close()
    const away = await one.run('dataset', 'info', '--json')
    expect([away.code, JSON.parse(away.stdout).error.exit_code]).toEqual([1, 1])
    expect(refused.stderr + away.stdout).not.toContain(one.emulator.key)
  })
})

describe('key', () => {
  test('create prints the key alone, once, and it works', async () => {
    await using one = await protocolBox()
    const made = await one.run('key', 'create', '--title', 'lab', '--scope', 'dataset.read')
    expect(made.code).toBe(0)
    const key = made.stdout.trimEnd()
    expect(key).toMatch(/^[\w-]{43}$/)
    expect(made.stderr).toBe(`key lab (dataset.read) of ${one.emulator.dataset}; it is not shown again\n`)
    one.write('lab.key', key)
    expect((await one.run('dataset', 'info', '--api-key-file', 'lab.key')).code).toBe(0)
    const json = JSON.parse((await one.run('key', 'create', '--title', 'b', '--json')).stdout)
    expect(json).toMatchObject({ title: 'b', scopes: ['dataset.read', 'dataset.write'], api_key: expect.stringMatching(/^[\w-]{43}$/) })
  })

  test('create --out keeps the key in a new file that only its owner reads, and prints it nowhere', async () => {
    await using one = await protocolBox()
    const made = await one.run('key', 'create', '--title', 'lab', '--out', 'new.key', '--json')
    const file = join(one.box.base, 'new.key')
    const key = readFileSync(file, 'utf8').trimEnd()
    expect([made.code, statSync(file).mode & 0o777, JSON.parse(made.stdout).file]).toEqual([0, 0o600, file])
    expect(made.stdout + made.stderr).not.toContain(key)
    expect((await one.run('dataset', 'info', '--api-key-file', 'new.key')).code).toBe(0)
  })

  test('create --out writes over nothing, follows no link, and then makes no key', async () => {
    await using one = await protocolBox()
    const there = one.write('there.key', 'precious')
    symlinkSync(join(one.box.base, 'elsewhere'), join(one.box.base, 'link.key'))
    for (const name of ['there.key', 'link.key', 'no-such-directory/k']) {
      const made = await one.run('key', 'create', '--title', 'x', '--out', name)
      expect(made).toMatchObject({ code: 2, stderr: expect.stringMatching(/not done: no key was made/) })
    }
    expect([readFileSync(there, 'utf8'), existsSync(join(one.box.base, 'elsewhere'))]).toEqual(['precious', false])
    expect(one.emulator.calls.all()).toEqual([])
  })

  test('a refused or lost create leaves no file behind; a lost one names the way to look', async () => {
    await using one = await protocolBox()
    one.emulator.setFaults({ match: { call: 'POST datasetapikey', nth: 1 }, do: { kind: 'error', word: 'AUTHORISATION_ERROR' } })
    expect((await one.run('key', 'create', '--title', 'x', '--out', 'x.key')).code).toBe(3)
    one.emulator.setFaults({ match: { call: 'POST datasetapikey' }, do: { kind: 'cut', when: 'after' } })
    const lost = await one.run('key', 'create', '--title', 'x', '--out', 'x.key')
    expect(lost).toMatchObject({ code: 1, stderr: expect.stringContaining(` key list --dataset ${one.emulator.dataset}\n`) })
    expect(existsSync(join(one.box.base, 'x.key'))).toBe(false)
  })

  test('list shows titles, scopes and hashes, and no key', async () => {
    await using one = await protocolBox()
    const made = await one.run('key', 'create', '--title', 'evil\u202e', '--scope', 'dataset.read')
    const [text, json] = [await one.run('key', 'list'), await one.run('key', 'list', '--json')]
    expect([text.code, json.code]).toEqual([0, 0])
    expect(text.stdout).toMatch(
      /^TITLE +SCOPES +KEY HASH\nkey of box +dataset\.read, dataset\.write +[0-9a-f-]{36}\nevil\\u202e +dataset\.read /,
    )
    expect(JSON.parse(json.stdout)).toHaveLength(2)
    for (const key of [made.stdout.trimEnd(), one.emulator.key]) expect(text.stdout + json.stdout).not.toContain(key)
    const nowhere = await one.run('key', 'list', '--dataset', '00000000-0000-4000-8000-000000000000')
    expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringMatching(/RESOURCE_NOT_FOUND_ERROR/) })
  })
})

describe('the private key', () => {
  test('with a passphrase: from the config, as a systemd credential, or asked for without echo', async () => {
    await using one = await protocolBox([encryptedPublicKey.toString('ssh')])
    const { passphrase } = ENCRYPTED_KEY
    const file = one.write('locked', ENCRYPTED_KEY.text)
    const words = ['key', 'list', '--private-key', file]
    const config = readFileSync(one.box.configFile, 'utf8')
    const nobody = await one.run(...words)
    expect(nobody).toMatchObject({ code: 2, stderr: expect.stringMatching(/passphrase[\s\S]*encord\.private_key_passphrase/) })
    one.write('config.yaml', config.replace('absent_gap', `private_key_passphrase: "${passphrase}", absent_gap`))
    expect((await one.run(...words)).code).toBe(0)
    one.write('config.yaml', config)
    mkdirSync(join(one.box.base, 'credentials'))
    one.write('credentials/encord-key-passphrase', `${passphrase}\n`)
    const env = { ...one.box.env, CREDENTIALS_DIRECTORY: join(one.box.base, 'credentials') }
    expect((await one.runWith({ env }, ...words)).code).toBe(0)
    const person = terminal(`x\u007f${passphrase}\r`)
    expect((await one.runWith(person, ...words)).code).toBe(0)
    expect(person.shown()).toBe(`passphrase of ${file}: \n`)
    expect(person.raw).toEqual([true, false])
  })

  test('a wrong passphrase and Ctrl-C are exit 2; the passphrase is never printed', async () => {
    await using one = await protocolBox()
    const file = one.write('locked', ENCRYPTED_KEY.text)
    const wrong = terminal('not the passphrase\r')
    expect((await one.runWith(wrong, 'key', 'list', '--private-key', file)).code).toBe(2)
    expect(wrong.shown()).toMatch(/its passphrase is wrong/)
    expect(wrong.shown()).not.toContain('not the passphrase')
    const stopped = terminal('half\u0003')
    expect((await one.runWith(stopped, 'key', 'list', '--private-key', file)).code).toBe(2)
    expect(stopped.raw).toEqual([true, false])
    expect(one.emulator.calls.all()).toEqual([])
  })

  test.each([
    ['of another kind', sshpk.generatePrivateKey('ecdsa').toString('openssh'), 0o600, /ecdsa; Encord takes ed25519/],
    ['that is none', 'ssh-ed25519 AAAA', 0o600, /no OpenSSH private key/],
    ['that others can read', 'x', 0o644, /others can read it; run: chmod 600/],
  ])('a key %s is refused in three parts', async (_name, text, mode, message) => {
    await using one = await protocolBox()
    const ran = await one.run('dataset', 'create', '--title', 'x', '--private-key', one.write('other', text, mode))
    expect(ran).toMatchObject({ code: 2, stderr: expect.stringMatching(message) })
    expect(ran.stderr).toMatch(THREE_PARTS)
    expect(one.emulator.calls.all()).toEqual([])
  })

  test('no key at all, one that is not there, and one the server does not know', async () => {
    await using one = await protocolBox()
    const other = one.write('other', sshpk.generatePrivateKey('ed25519').toString('openssh'))
    const unknown = await one.run('key', 'list', '--private-key', other)
    expect(unknown).toMatchObject({ code: 3, stderr: expect.stringMatching(/SSH_KEY_NOT_FOUND_ERROR[\s\S]*ssh-keygen -y/) })
    expect(await one.run('key', 'list', '--private-key', 'nowhere')).toMatchObject({ code: 2, stderr: expect.stringMatching(/ENOENT/) })
    one.write('config.yaml', readFileSync(one.box.configFile, 'utf8').replace(/private_key_file: [^,]+, /, ''))
    expect(await one.run('key', 'list')).toMatchObject({ code: 2, stderr: expect.stringMatching(/no private key is named/) })
  })
})

describe('cloud', () => {
  const FILES = {
    videos: [{ objectUrl: 's3://b/1.mp4' }],
    images: [{ objectUrl: 's3://b/2.jpg', title: 'two' }],
    image_groups: [{ title: 'three', createVideo: false, objectUrl_0: 's3://b/3.jpg', objectUrl_1: 's3://b/4.jpg' }],
  }
  const ON_CLOUD = ['--dataset', CLOUD_DATASET, '--api-key-file', 'cloud.key'] as const

  test('integrations lists id and title', async () => {
    await using one = await protocolBox()
    expect(await one.run('integrations')).toMatchObject({ code: 0, stdout: 'ID        TITLE\nbucket-1  the lab\n' })
    expect(JSON.parse((await one.run('integrations', '--json')).stdout)).toEqual([{ id: 'bucket-1', title: 'the lab' }])
  })

  test('add sends the file as it is and prints each row', async () => {
    await using one = await protocolBox()
    one.write('cloud.key', CLOUD_KEY)
    one.write('files.json', `\ufeff${JSON.stringify(FILES)}`)
    const added = await one.run('cloud', 'add', 'files.json', '--integration', 'bucket-1', ...ON_CLOUD)
    expect(added.code).toBe(0)
    expect(added.stdout).toMatch(/^HASH +TITLE\n[\s\S]* 1\.mp4\n[\s\S]* two\n[\s\S]* three\n3 rows added for 3 named\n$/)
    expect(one.emulator.emulator.rows(CLOUD_DATASET).map(({ title }) => title)).toEqual(['1.mp4', 'two', 'three'])
  })

  test('add --ignore-errors says how many were left out; without it the whole call is refused', async () => {
    await using one = await protocolBox()
    one.write('cloud.key', CLOUD_KEY)
    one.write('files.json', JSON.stringify({ videos: [{ objectUrl: 's3://b/1.mp4' }, { objectUrl: 'ftp://b/2.mp4' }] }))
    const words = ['cloud', 'add', 'files.json', '--integration', 'bucket-1', ...ON_CLOUD]
    expect(await one.run(...words)).toMatchObject({ code: 2, stderr: expect.stringMatching(/not done: no row was added/) })
    const lenient = await one.run(...words, '--ignore-errors', '--json')
    expect(JSON.parse(lenient.stdout)).toMatchObject({ named: { videos: 2 }, rows: [{ title: '1.mp4' }] })
  })

  test('add names every object without its objectUrl, by list and position, exit 2, and sends nothing', async () => {
    await using one = await protocolBox()
    one.write(
      'files.json',
      JSON.stringify({
        videos: [{ objectUrl: 's3://b/1.mp4' }, { objectURL: 's3://b/2.mp4', title: 'two' }],
        images: ['s3://b/2.jpg', { objectUrl: '' }],
        image_groups: [{ title: 'g' }, { objectUrl_0: 's3://b/3.jpg', objectUrl_2: 's3://b/4.jpg' }],
      }),
    )
    const { code, stderr } = await one.run('cloud', 'add', 'files.json', '--integration', 'bucket-1')
    expect(code).toBe(2)
    expect(stderr.split('\n').filter((line) => line.startsWith('  ') && !/not done|next/.test(line))).toEqual([
      '  videos[1] (two): no objectUrl',
      '  images[0]: not an object',
      '  images[1]: no objectUrl',
      '  image_groups[0] (g): no objectUrl_0',
      '  image_groups[1]: no objectUrl_1',
    ])
    expect(stderr).toMatch(THREE_PARTS)
    expect(one.emulator.calls.all()).toEqual([])
  })

  test.each([
    ['no JSON', '{"videos": [\n  {"objectUrl": SECRET}]}', /files\.json.* is not JSON/],
    ['a list at the top', '[{"objectUrl": "s3://b/1.mp4"}]', /is no JSON object/],
    ['an object in the place of a list', '{"videos": {"objectUrl": "s3://b/1"}}', /videos: not a list/],
    ['nothing to add', '{"videos": []}', /names no object/],
  ])('add refuses %s without repeating what is in it', async (_name, text, message) => {
    await using one = await protocolBox()
    one.write('files.json', text)
    const { code, stderr } = await one.run('cloud', 'add', 'files.json', '--integration', 'bucket-1')
    expect(code).toBe(2)
    expect(stderr).toMatch(message)
    expect(stderr).not.toContain('SECRET')
  })

  test("a dataset on Encord's storage takes no cloud files, exit 3; an unknown integration is exit 2; a lost answer exit 1", async () => {
    await using one = await protocolBox()
    one.write('cloud.key', CLOUD_KEY)
    one.write('files.json', JSON.stringify({ images: [{ objectUrl: 's3://b/2.jpg' }] }))
    const words = ['cloud', 'add', 'files.json', '--integration']
    expect((await one.run(...words, 'bucket-1')).code).toBe(3)
    expect((await one.run(...words, 'bucket-9', ...ON_CLOUD)).code).toBe(2)
    one.emulator.setFaults({ match: { call: 'POST datasetdata' }, do: { kind: 'cut', when: 'after' } })
    const lost = await one.run(...words, 'bucket-1', ...ON_CLOUD)
    expect(lost).toMatchObject({ code: 1, stderr: expect.stringMatching(/not known whether rows were added/) })
    expect(one.emulator.emulator.rows(CLOUD_DATASET)).toHaveLength(1)
  })
})
