import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test, vi } from 'vitest'
import { configJsonSchema } from '../../src/config/jsonSchema.ts'
import { UserError } from '../../src/model/error.ts'
import { ConfigBox, oneFolder } from '../support/configBox.ts'

const project = new URL('../../', import.meta.url)

function schemaKeys(node: object): string[] {
  return Object.entries(node).flatMap(([name, child]: [string, unknown]) => {
    if (typeof child !== 'object' || child === null) return []
    return name === 'properties' ? [...Object.keys(child), ...Object.values(child).flatMap(schemaKeys)] : schemaKeys(child)
  })
}

function thrown(action: () => unknown): UserError {
  try {
    action()
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

test('a folder with nothing but path, dataset and key gets every default of the design', () => {
  using box = new ConfigBox()
  const config = box.read(oneFolder())
  expect(config).toMatchObject({
    file: join(box.home, 'config.yaml'),
    encord: { domain: 'https://api.encord.com', privateKeyFile: null, absentGapMs: 60_000, caFile: null, uploadHosts: [] },
    ledgerPath: join(box.home, '.local/state/encord-sync/ledger.db'),
    upload: { concurrency: 'auto', bandwidth: { hours: [], otherwise: null } },
    rescanMs: 900_000,
    status: null,
    log: { level: 'info', format: 'auto' },
    warnings: [],
  })
  expect(config.folders).toHaveLength(1)
  expect(config.folders[0]).toMatchObject({
    path: join(box.home, 'in'),
    dataset: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
    policy: {
      title: { kind: 'path' },
      subdirectories: 'group',
      settleMs: 5000,
      groupSettleMs: 60_000,
      regroupSettleMs: 600_000,
      groupIncomplete: 'block',
      onChange: 'hold',
      deletes: { mode: 'propagate', graceMs: 120_000, limit: { count: 50, percent: 10, perMs: 86_400_000 } },
    },
    explicit: { settle: false, grace: false },
    ignore: [],
    watch: 'auto',
  })
  expect(config.folders[0]?.readApiKey()).toBe('key-from-the-environment')
})

test('the example loads, names every key of the schema, and gives the defaults that it claims', () => {
  using box = new ConfigBox()
  const text = readFileSync(new URL('config.example.yaml', project), 'utf8')
  const config = box.read(text)
  const bare = box.read(oneFolder())
  expect(config.folders[0]?.policy).toEqual(bare.folders[0]?.policy)
  expect(config.rescanMs).toBe(bare.rescanMs)
  expect(config.ledgerPath).toBe(bare.ledgerPath)
  expect(config.warnings).toEqual([])
  expect(config.upload.bandwidth).toEqual({ hours: [], otherwise: 50_000_000 })
  expect(config.status).toEqual({ host: '127.0.0.1', port: 8765 })
  const keys = schemaKeys(configJsonSchema())
  expect(keys.length).toBeGreaterThan(35)
  expect(keys.filter((key) => !new RegExp(`^[ #-]*${key}:`, 'm').test(text))).toEqual([])
})

test('the committed JSON Schema is the one that the code generates', () => {
  const committed: unknown = JSON.parse(readFileSync(new URL('config.schema.json', project), 'utf8'))
  expect(committed).toEqual(configJsonSchema())
})

test('all problems are reported at once, each with its line and column, and unknown keys name the nearest', () => {
  using box = new ConfigBox()
  const text = [
    'encord: { domain: http://api.encord.com }', // 1
    'rescn: 5m', // 2
    'folders:', // 3
    '  - path: in', // 4
    '    dataset: not-a-hash', // 5
    '    setle: 3s', // 6
    '    settle: 15', // 7
    '    on_change: replce', // 8
    '    grace: 3s', // 9
    '    deletes: { mode: propagate, grace: soon, limit: { count: -1 } }', // 10
    'upload: { concurrency: many, bandwidth: 50MB }', // 11
    'status: { listen: ":8765" }', // 12
  ].join('\n')
  expect(box.problems(text)).toEqual([
    '1:19: encord.domain: plain http is only for this machine (127.0.0.1, [::1], localhost); use https',
    '2:1: unknown key "rescn"; did you mean "rescan"?',
    '4:5: folders[0]: api_key or api_key_file is missing',
    "5:14: folders[0].dataset: expected a dataset's hash, such as aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
    '6:5: unknown key "setle" in folders[0]; did you mean "settle"?',
    '7:13: folders[0].settle: expected a duration: a whole number and ms, s, m, h or d, such as 500ms, 5s, 15m or 2h',
    '8:16: folders[0].on_change: expected one of hold, replace, keep; did you mean replace?',
    '9:5: unknown key "grace" in folders[0]; it belongs in folders[].deletes',
    '10:40: folders[0].deletes.grace: expected a duration: a whole number and ms, s, m, h or d, such as 500ms, 5s, 15m or 2h',
    '10:62: folders[0].deletes.limit.count: must not be negative',
    '11:24: upload.concurrency: expected auto, or a whole number from 1 to 64',
    '11:41: upload.bandwidth: expected a rate such as 500kB/s, 50MB/s (decimal) or 50MiB/s (binary), off, or a list of hours',
    '12:19: status.listen: expected host:port, such as 127.0.0.1:8765 or [::1]:8765',
  ])
})

test('bandwidth by hours: each entry with its minutes and its rate, and what is wrong with each at its place', () => {
  using box = new ConfigBox()
  const plan = (...entries: string[]) =>
    `upload: { bandwidth: [\n${entries.map((entry) => ` { ${entry} },\n`).join('')} ] }\n${oneFolder()}`
  const day = 'from: "08:00", to: "18:00", rate: 5MB/s'
  expect(box.read(plan(day, 'from: "22:00", to: "06:00", rate: off', 'rate: 50MB/s')).upload.bandwidth).toEqual({
    hours: [
      { fromMinute: 480, toMinute: 1080, bytesPerSecond: 5_000_000 },
      { fromMinute: 1320, toMinute: 360, bytesPerSecond: null },
    ],
    otherwise: 50_000_000,
  })
  expect(box.problems(plan('from: "8:00", to: "9", rate: 5MB', 'frm: "18:00", rate: 1kB/s'))).toEqual([
    '2:10: upload.bandwidth[0].from: expected a time of day in quotes, such as "08:00"',
    '2:22: upload.bandwidth[0].to: expected a time of day in quotes, such as "08:00"',
    '2:33: upload.bandwidth[0].rate: expected a rate such as 500kB/s, 50MB/s (decimal) or 50MiB/s (binary), or off',
    '3:4: unknown key "frm" in upload.bandwidth[1]; did you mean "from"?',
  ])
  expect(box.problems(plan(day, 'from: "17:00", to: "06:00", rate: off', 'from: "19:00", rate: off', 'rate: off', 'rate: off'))).toEqual([
    '3:2: upload.bandwidth[1]: these hours overlap those of the entry [0]',
    '4:2: upload.bandwidth[2]: from and to go together',
    '6:2: upload.bandwidth[4]: a second entry without hours; one says what holds for the rest of the day',
  ])
})

test('the error is one story with exit code 2, in the form file:line:column, and names the file as it was given', () => {
  using box = new ConfigBox()
  box.write('sub/c.yaml', 'rescan: often\nstatsu: {}\n')
  const error = thrown(() => box.load({ file: 'sub/c.yaml' }))
  expect(error.exitCode).toBe(2)
  expect(error.message).toContain('2 problems')
  expect(error.message).toMatch(/^ {2}sub\/c\.yaml:1:9: rescan: expected a duration/m)
  expect(error.message).toMatch(/^ {2}sub\/c\.yaml:2:1: unknown key "statsu"; did you mean "status"\?$/m)
  expect(error.notDone).not.toBe('')
  expect(error.next).not.toBe('')
})

test('a key that is given twice is refused at its second place', () => {
  using box = new ConfigBox()
  expect(box.problems(oneFolder('settle: 5s\nsettle: 6s'))).toEqual(['6:5: this key is given twice'])
})

test('broken YAML is reported with its place, and without the text around it, which may be a key', () => {
  using box = new ConfigBox()
  const problems = box.problems('folders:\n  - api_key: "sesame-open" sesame-shut\n    path: [in\n')
  expect(problems[0]).toMatch(/^2:\d+: not valid YAML/)
  expect(problems.join()).not.toContain('sesame')
  expect(box.problems('folders:\n\t- path: in\n')[0]).toMatch(/^2:1: not valid YAML: Tabs/)
  expect(box.problems('rescan: *often\n')).toEqual(['1:9: this alias names no anchor'])
  expect(box.problems('folders: &all\n  - *all\n')).toEqual(['2:5: this alias names what it stands in'])
  const doubled = Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}]`).join('\n')
  expect(box.problems(`a0: &a0 [x]\n${doubled}\n`)).toEqual(['1:1: its aliases multiply into too much'])
  expect(box.problems('rescan: 5m\n---\nrescan: 6m\n')).toEqual(['2:1: a second document starts here; a config is one document'])
})

test.each([
  ['- a\n- b\n', /the config: expected keys: encord, ledger, folders/],
  ['just text\n', /the config: expected keys/],
  ['folders: in\n', /folders: expected a list of folders/],
  ['folders:\n  - in\n', /folders\[0\]: expected keys: path, dataset/],
  ['folders:\n  -\n', /folders\[0\]/],
  ['encord: 5\n', /encord: expected keys: domain/],
  ['folders: [{ path: ~, dataset: ~, api_key: ~ }]\n', /folders\[0\]\.path: is missing/],
])('%j is no config, and the message says what is expected', (text, message) => {
  using box = new ConfigBox()
  expect(box.problems(text).join('\n')).toMatch(message)
})

test('a section whose keys are all commented out counts as left out', () => {
  using box = new ConfigBox()
  const config = box.read(oneFolder('deletes:\n  # grace: 2m', 'upload:\nencord:\nlog:'))
  expect(config.folders[0]?.policy.deletes.graceMs).toBe(120_000)
  expect(config.log.level).toBe('info')
})

test('notify names its recipients; a webhook is a secret from wherever it comes', () => {
  using box = new ConfigBox()
  box.env['HOOK'] = 'https://hooks.example.org/T0ken-1'
  const loaded = box.read(oneFolder('', `notify: { command: [tell, "--now"], webhook: "\${HOOK}", on: [clock] }`)).notify
  expect([loaded?.command, loaded?.readWebhook(), loaded?.on]).toEqual([['tell', '--now'], { url: box.env['HOOK'] }, ['clock']])
  box.write('hook', 'https://hooks.example.org/T0ken-2\n')
  expect(box.read(oneFolder('', 'notify: { webhook_file: hook }')).notify?.readWebhook()).toEqual({
    url: 'https://hooks.example.org/T0ken-2',
  })
  for (const token of ['T0ken-1', 'T0ken-2']) expect(box.secrets.redact(`at https://hooks.example.org/${token}!`)).not.toContain(token)
  box.write('open', 'https://hooks.example.org/T0ken-3', 0o644)
  expect(box.read(oneFolder('', 'notify: { webhook_file: open }')).notify?.readWebhook()).toEqual({
    problem: expect.stringMatching(/others can read/),
  })
  const problems = (notify: string) => box.problems(oneFolder('', `notify: ${notify}`)).map((problem) => problem.replace(/^[\d:]+ /, ''))
  expect(problems('{}')).toEqual(['notify: names nobody: give command, webhook or webhook_file'])
  expect(problems('{ command: tell }')).toEqual(['notify.command: expected a list: the program and its arguments'])
  expect(problems('{ webhook: "ftp://T0ken-4" }')).toEqual(['notify.webhook: expected an address such as https://hooks.example.org/…'])
  expect(problems('{ command: [x], on: [clocks] }')).toEqual([
    expect.stringMatching(/^notify\.on\[0\]: expected one of .*; did you mean clock\?$/),
  ])
  expect(problems(`{ webhook: "\${HOOK}", webhook_file: hook }`)).toEqual([
    'notify.webhook_file: webhook is given as well; keep one of the two',
  ])
})

test('DICOM series are sent only where it is asked for, with a warning of what they hold, and never from a bucket', () => {
  using box = new ConfigBox()
  expect(box.read(oneFolder('')).folders[0]?.policy.dicom).toBe('set-aside')
  const config = box.read(oneFolder('dicomseries: true'))
  expect(config.folders[0]?.policy.dicom).toBe('series')
  expect(config.warnings).toEqual([expect.stringMatching(/^\S+:5:18: folders\[0\]\.dicomseries: DICOM files hold patient data: /)])
  expect(box.problems(oneFolder('dicomseries: yes please'))).toEqual([
    expect.stringMatching(/folders\[0\]\.dicomseries: expected true or false$/),
  ])
  expect(box.problems(oneFolder('dicomseries: true\nvia: cloud\nintegration: one\nurl_prefix: s3://lab/ct'))).toEqual([
    expect.stringMatching(/folders\[0\]\.dicomseries: is for `via: upload` only; `cloud json --dicom` names the series of a bucket$/),
  ])
})

test('a folder that is mirrored to a bucket names the integration and the place, and no other folder does', () => {
  using box = new ConfigBox()
  const cloud = box.read(oneFolder('via: cloud\nintegration: one\nurl_prefix: s3://lab/drone')).folders[0]
  expect(cloud?.policy.via).toEqual({ kind: 'cloud', integration: 'one', urlPrefix: 's3://lab/drone/' })
  expect(box.problems(oneFolder('via: cloud'))).toEqual([
    '5:10: folders[0].via: cloud needs integration as well',
    '5:10: folders[0].via: cloud needs url_prefix as well',
  ])
  expect(box.problems(oneFolder('url_prefix: s3://lab/'))).toEqual(['5:17: folders[0].url_prefix: is for `via: cloud` only'])
  expect(box.problems(oneFolder('via: cloud\nintegration: one\nurl_prefix: lab/drone')).join()).toContain(
    'expected the address of a bucket',
  )
})

test('a variable that is not set, empty or oddly written is an error, and its value is not checked a second time', () => {
  using box = new ConfigBox()
  box.env['EMPTY'] = ''
  const text = oneFolder(`settle: \${NO_SUCH}\ngroup_settle: \${EMPTY}\nregroup_settle: \${A:-1s}\nignore: ["\${UNCLOSED"]`)
  expect(box.problems(text)).toEqual([
    '5:13: the environment variable NO_SUCH is not set',
    '6:19: the environment variable EMPTY is empty',
    `7:21: only \${NAME} is known here: letters, digits and _, no default`,
    `8:14: only \${NAME} is known here: letters, digits and _, no default`,
  ])
})

test('a variable is text, whatever is in it, and may stand inside other text, in quotes and in flow maps', () => {
  using box = new ConfigBox()
  Object.assign(box.env, { ODD: `a: {b} # c \${X}`, REST: '2m' })
  const text = `folders:\n  - { path: in, dataset: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee, api_key: \${ENCORD_API_KEY}, ignore: [x/\${ODD}, "\${ODD}"], deletes: {grace: \${REST}}, settel: 1s }\n`
  const column = (text.split('\n')[1]?.indexOf('settel') ?? 0) + 1
  expect(box.problems(text)).toEqual([`2:${column}: unknown key "settel" in folders[0]; did you mean "settle"?`])
  const config = box.read(text.replace(', settel: 1s', ''))
  expect(config.folders[0]?.ignore.map((rule) => rule.pattern)).toEqual([`x/a: {b} # c \${X}`, `a: {b} # c \${X}`])
  expect(config.folders[0]?.policy.deletes.graceMs).toBe(120_000)
})

test('a variable in a key is not looked at', () => {
  using box = new ConfigBox()
  expect(box.problems(`"\${ENCORD_API_KEY}": 5m\n`)[0]).toMatch(/^1:1: unknown key "\$\{ENCORD_API_KEY\}"/)
})

test('~ is the home, relative paths start at the config file, and other homes are refused', () => {
  using box = new ConfigBox()
  box.write('etc/c.yaml', oneFolder('', 'ledger: ../state/l.db\nencord: { private_key_file: ~/.ssh/encord }'))
  const config = box.load({ file: 'etc/c.yaml', directory: box.home })
  expect(config.folders[0]?.path).toBe(join(box.home, 'etc/in'))
  expect(config.ledgerPath).toBe(join(box.home, 'state/l.db'))
  expect(config.encord.privateKeyFile).toBe(join(box.home, '.ssh/encord'))
  expect(box.problems(oneFolder().replace('path: in', 'path: ~someone/in')).join()).toMatch(/^2:11: folders\[0\]\.path: only ~\/… is known/)
})

test('the state directory of XDG is honoured, and macOS has its own places', () => {
  using box = new ConfigBox()
  box.env['XDG_STATE_HOME'] = '/var/elsewhere'
  expect(box.read(oneFolder()).ledgerPath).toBe('/var/elsewhere/encord-sync/ledger.db')
  delete box.env['XDG_STATE_HOME']
  expect(box.load({ platform: 'darwin' }).ledgerPath).toBe(join(box.home, 'Library/Application Support/encord-sync/ledger.db'))
})

function twoFolders(first: string, second: string): string {
  const folder = (path: string) => `  - { path: ${path}, dataset: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee, api_key: \${ENCORD_API_KEY} }\n`
  return `folders:\n${folder(first)}${folder(second)}`
}

test('folders that are the same or lie inside each other are refused, also through links and before they exist', () => {
  using box = new ConfigBox()
  box.makeDirectory('in/deep')
  symlinkSync(join(box.home, 'in/deep'), join(box.home, 'link'))
  const second = (text: string) => box.problems(text)
  expect(second(twoFolders('in', 'in/'))).toEqual([
    '3:13: folders[1].path: is the same directory as that of folders[0]; folders must not overlap',
  ])
  expect(second(twoFolders('in', 'in/a/b'))).toEqual(['3:13: folders[1].path: lies inside folders[0]; folders must not overlap'])
  expect(second(twoFolders('in/a', 'in'))).toEqual(['3:13: folders[1].path: contains folders[0]; folders must not overlap'])
  expect(second(twoFolders('in', 'link/new'))).toEqual(['3:13: folders[1].path: lies inside folders[0]; folders must not overlap'])
  expect(second(twoFolders('in', 'in2'))).toEqual([])
  expect(second(twoFolders('none/a', 'none/a/b'))).toEqual(['3:13: folders[1].path: lies inside folders[0]; folders must not overlap'])
})

test('a key that is a map is a problem with a place, and nothing of it is shown on stderr', () => {
  using box = new ConfigBox()
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  try {
    expect(box.problems('{ sesame: open }: 1\n').length).toBeGreaterThan(0)
    expect(warned).not.toHaveBeenCalled()
  } finally {
    warned.mockRestore()
  }
})

test('a path that was pasted many times is named once for each time, not with each of the others', () => {
  using box = new ConfigBox()
  const folders = Array.from(
    { length: 40 },
    () => `  - { path: in, dataset: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee, api_key: "\${ENCORD_API_KEY}" }`,
  )
  expect(box.problems(`folders:\n${folders.join('\n')}\n`)).toHaveLength(39)
})

test('a folder that is a file, and a ledger inside a folder, are refused', () => {
  using box = new ConfigBox()
  box.write('in', 'a file')
  expect(box.problems(oneFolder())).toEqual(['2:11: folders[0].path: is not a directory'])
  expect(box.problems(oneFolder('', 'ledger: other/x/ledger.db').replace('path: in', 'path: other'))).toEqual([
    expect.stringMatching(/^5:9: ledger: the ledger would lie inside folders\[0\], which is watched: .*other\/x\/ledger\.db$/),
  ])
  expect(box.problems(oneFolder().replace('path: in', 'path: ~' + '/')).join()).toMatch(/ledger: the ledger would lie inside folders\[0\]/)
})

test('a key that is written out needs a config that only its owner can read, and the message names chmod', () => {
  using box = new ConfigBox()
  const text = oneFolder().replace(`\${ENCORD_API_KEY}`, 'a-literal-key')
  expect(box.read(text).folders[0]?.readApiKey()).toBe('a-literal-key')
  chmodSync(join(box.home, 'config.yaml'), 0o644)
  const error = thrown(() => box.load())
  expect(error.message).toContain(`chmod 600 ${box.home}/config.yaml`)
  expect(error.message).not.toContain('a-literal-key')
  box.write('config.yaml', oneFolder())
  chmodSync(join(box.home, 'config.yaml'), 0o644)
  expect(box.load().folders).toHaveLength(1)
})

const withKeyFile = oneFolder().replace(`api_key: \${ENCORD_API_KEY}`, 'api_key_file: the.key')

test.each(['key-1\n', 'key-1\r\n', ' key-1 \n'])('a key file that holds %j holds the key without its white space', (content) => {
  using box = new ConfigBox()
  box.write('the.key', content)
  expect(box.read(withKeyFile).folders[0]?.readApiKey()).toBe('key-1')
})

test('a key file is read again each time, and the new key is known as a secret at once', () => {
  using box = new ConfigBox()
  box.write('the.key', 'first-key')
  const folder = box.read(withKeyFile).folders[0]
  box.write('the.key', 'second-key')
  expect(folder?.readApiKey()).toBe('second-key')
  expect(box.secrets.redact('first-key second-key')).toBe('[secret] [secret]')
  chmodSync(join(box.home, 'the.key'), 0o644)
  const error = thrown(() => folder?.readApiKey())
  expect(error.exitCode).toBe(3)
  expect(error.message).toContain('chmod 600')
})

test('a key file that others can read, that is missing, empty, a FIFO or full of other things is refused without showing it', () => {
  using box = new ConfigBox()
  const problem = () => box.problems(withKeyFile).join('\n')
  expect(problem()).toMatch(/^4:19: folders\[0\]\.api_key_file: the key file cannot be read \(ENOENT\)/)
  chmodSync(box.write('the.key', 'sesame-1'), 0o640)
  expect(problem()).toContain(`run: chmod 600 ${box.home}/the.key`)
  chmodSync(join(box.home, 'the.key'), 0o600)
  box.write('the.key', '\n')
  expect(problem()).toContain('the key is empty')
  box.write('the.key', 'sesame-1\nsesame-2\n')
  expect(problem()).toContain('no API key')
  expect(problem()).not.toContain('sesame')
  box.write('the.key', 'x'.repeat(5000))
  expect(problem()).toContain('too long')
  execFileSync('mkfifo', ['-m', '600', join(box.home, 'fifo')])
  expect(box.problems(withKeyFile.replace('the.key', 'fifo')).join()).toContain('not a regular file')
})

test('a systemd credential may have any mode', () => {
  using box = new ConfigBox()
  chmodSync(box.write('credentials/drone', 'credential-key'), 0o440)
  box.env['CREDENTIALS_DIRECTORY'] = join(box.home, 'credentials')
  expect(box.read(withKeyFile.replace('the.key', `\${CREDENTIALS_DIRECTORY}/drone`)).folders[0]?.readApiKey()).toBe('credential-key')
})

test('api_key and api_key_file exclude each other', () => {
  using box = new ConfigBox()
  box.write('the.key', 'key-1')
  expect(box.problems(oneFolder('api_key_file: the.key'))).toEqual([
    '5:19: folders[0].api_key_file: api_key is given as well; keep one of the two',
  ])
})

test('commands that make no call work without the keys, and say so only when a key is asked for', () => {
  using box = new ConfigBox()
  delete box.env['ENCORD_API_KEY']
  const text = oneFolder('', `encord: { private_key_passphrase: \${NOT_SET} }`)
  expect(box.problems(text)).toHaveLength(2)
  const config = box.read(text, { keysNeeded: false })
  expect(thrown(() => config.folders[0]?.readApiKey()).message).toContain('not set')
  const withFile = box.read(withKeyFile, { keysNeeded: false })
  expect(thrown(() => withFile.folders[0]?.readApiKey()).message).toContain('ENOENT')
})

test('printing a config, in whatever way, shows no secret', () => {
  using box = new ConfigBox()
  box.env['PASS'] = 'the-passphrase'
  const config = box.read(oneFolder('', `encord: { private_key_passphrase: \${PASS} }`))
  expect(config.encord.readPassphrase()).toBe('the-passphrase')
  for (const shown of [JSON.stringify(config), inspect(config, { depth: 9 }), inspect(box.secrets, { depth: 9, showHidden: true })]) {
    expect(shown).not.toMatch(/the-passphrase|key-from-the-environment/)
  }
  expect(box.secrets.redact('x the-passphrase key-from-the-environment')).toBe('x [secret] [secret]')
})

test('a secret that strays into another value is not repeated by the message about it', () => {
  using box = new ConfigBox()
  const text = oneFolder(
    `settle: \${ENCORD_API_KEY}\non_change: \${ENCORD_API_KEY}\ntitle: \${ENCORD_API_KEY}`,
    `encord: { ca_file: \${ENCORD_API_KEY} }`,
  )
  const problems = box.problems(text)
  expect(problems).toHaveLength(4)
  expect(problems.join()).not.toContain('key-from-the-environment')
})

test('there is no config: the message names the path that was tried and the next command', () => {
  using box = new ConfigBox()
  const error = thrown(() => box.load({ file: undefined }))
  expect(error.exitCode).toBe(2)
  expect(error.message).toContain(join(box.home, '.config/encord-sync/config.yaml'))
  expect(error.next).toMatch(/encord-sync init.*encord-sync demo/)
  box.env['XDG_CONFIG_HOME'] = join(box.home, 'xdg')
  box.write('xdg/encord-sync/config.yaml', oneFolder())
  expect(box.load({ file: undefined }).folders).toHaveLength(1)
})

test('a config that is a directory or no UTF-8 is refused in words', () => {
  using box = new ConfigBox()
  box.makeDirectory('config.yaml')
  expect(thrown(() => box.load()).message).toContain('EISDIR')
  box.write('latin.yaml', Buffer.from('ledger: caf\xe9\n', 'latin1'))
  expect(thrown(() => box.load({ file: 'latin.yaml' })).message).toContain('not UTF-8')
})

test('no folder is a warning, and an error for those who need one', () => {
  using box = new ConfigBox()
  expect(box.read('rescan: 15m\n').warnings.join()).toContain('no folder is named')
  expect(box.problems('rescan: 15m\n', { foldersNeeded: true })).toEqual(['1:1: folders: name at least one'])
  expect(box.read('', {}).folders).toEqual([])
})

test('small values are allowed with a warning at their place', () => {
  using box = new ConfigBox()
  const config = box.read(oneFolder('settle: 1s\ndeletes: { grace: 2s }', 'rescan: 5s\nstatus: { listen: "0.0.0.0:80" }'))
  expect(config.warnings).toEqual([
    expect.stringMatching(/^config\.yaml:5:13: folders\[0\]\.settle: /),
    expect.stringMatching(/^config\.yaml:6:23: folders\[0\]\.deletes\.grace: /),
    expect.stringMatching(/^config\.yaml:7:9: rescan: /),
    expect.stringMatching(/^config\.yaml:8:19: status\.listen: /),
  ])
  expect(config.folders[0]?.explicit).toEqual({ settle: true, grace: true })
  expect(box.read(oneFolder('settle: 60s')).warnings.join()).toContain('less than three times settle')
})

test('an ignore rule knows its place', () => {
  using box = new ConfigBox()
  expect(box.read(oneFolder('ignore:\n  - "*.bak"\n  - scratch/')).folders[0]?.ignore).toEqual([
    { pattern: '*.bak', where: 'config.yaml:6:9' },
    { pattern: 'scratch/', where: 'config.yaml:7:9' },
  ])
})

test('folders can share settings by an anchor and a merge key, and problems point at the anchor', () => {
  using box = new ConfigBox()
  const text = [
    'folders:',
    `  - &first { path: a, dataset: aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee, api_key: "\${ENCORD_API_KEY}", settle: 7s }`,
    '  - { <<: *first, path: b }',
  ].join('\n')
  expect(box.read(text).folders.map((folder) => [folder.path, folder.policy.settleMs, folder.explicit.settle])).toEqual([
    [join(box.home, 'a'), 7000, true],
    [join(box.home, 'b'), 7000, true],
  ])
  const column = (text.split('\n')[1]?.indexOf('7s') ?? 0) + 1
  expect(box.problems(text.replace('7s', '7x'))).toEqual([
    expect.stringMatching(new RegExp(`^2:${column}: folders\\[0\\]\\.settle`)),
    expect.stringMatching(new RegExp(`^2:${column}: folders\\[1\\]\\.settle`)),
  ])
})

test('plain http is taken for this machine only, and an address loses its last slash', () => {
  using box = new ConfigBox()
  const domain = (address: string) => box.read(`encord: { domain: "${address}" }\n`).encord.domain
  expect(domain('http://127.0.0.1:4000/')).toBe('http://127.0.0.1:4000')
  expect(domain('http://[::1]:4000')).toBe('http://[::1]:4000')
  expect(domain('http://localhost')).toBe('http://localhost')
  expect(domain('https://api.us.encord.com')).toBe('https://api.us.encord.com')
  for (const address of [
    'http://10.0.0.1',
    'http://127.0.0.1.evil.example',
    'ftp://127.0.0.1',
    'api.encord.com',
    'https://u:p@api.encord.com',
    'https://a.example/?x=1',
  ]) {
    expect(box.problems(`encord: { domain: "${address}" }\n`)).toHaveLength(1)
  }
})

test('a title that is no title and no template is refused in words', () => {
  using box = new ConfigBox()
  expect(box.problems(oneFolder('title: "{dri}/{stem}"')).join()).toContain('a template knows {dir}')
  expect(box.problems(oneFolder('title: nmae')).join()).toContain('expected path, name, or a template')
})

test('limits are a plan, one with limits of one’s own, or off', () => {
  using box = new ConfigBox()
  const limits = (text: string) => box.read(oneFolder('', text)).folders[0]?.limits
  expect(limits('')).toEqual({ preset: 'enterprise', fileBytes: 1e9, sidePixels: 4096, frames: 200_000, units: 10_000 })
  expect(limits('limits: free')).toMatchObject({ fileBytes: 25e6, units: 1_000 })
  expect(limits('limits: { preset: team, file_size: 1.5GiB, side: 8192, frames: 9, units: 5 }')).toEqual({
    preset: 'team',
    fileBytes: 1.5 * 2 ** 30,
    sidePixels: 8192,
    frames: 9,
    units: 5,
  })
  expect(limits('limits: { units: 5 }')).toMatchObject({ preset: 'enterprise', units: 5 })
  expect(limits('limits: off')).toBeNull()
  expect(box.problems(oneFolder('', 'limits: gold'))).toEqual([
    '5:9: limits: expected enterprise, team, free or off, or a map of preset, file_size, side, frames and units',
  ])
  expect(box.problems(oneFolder('', 'limits: { file_size: 1Gb, sise: 3, units: 0 }')).map((problem) => problem.slice(0, 40))).toEqual([
    '5:22: limits.file_size: expected a size ',
    '5:27: unknown key "sise" in limits; did ',
    '5:43: limits.units: Too small: expected ',
  ])
})
