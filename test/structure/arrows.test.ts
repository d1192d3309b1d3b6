import { readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { importsOf, readSources } from '../support/importReader.ts'

/*
 * The rooms of the house and the arrows between them (design, section 10). A room that lacks here fails: write down what it may
 * reach before it reaches.
 */

type Room = {
  /** Rooms it may import. */
  readonly rooms: readonly string[]
  /** Rooms of which it may import types only. */
  readonly types?: readonly string[]
  /** Node's own modules, where not all are allowed. */
  readonly builtins?: readonly string[]
  /** Said when something else is imported. */
  readonly why: string
}

const ROOMS: Readonly<Record<string, Room>> = {
  model: { rooms: [], builtins: [], why: 'words that every room shares; they depend on nothing' },
  media: { rooms: ['model'], builtins: [], why: 'judges bytes through a reader that it is handed; it opens no file' },
  disk: {
    rooms: ['model', 'media'],
    types: ['sync'],
    why: 'says what is there; sync declares as types what it needs of the disk, and disk fills them',
  },
  watcher: { rooms: ['model', 'disk'], why: 'says where to look, never what happened' },
  'sync/plan': {
    rooms: ['model', 'media'],
    types: ['sync'],
    builtins: ['node:crypto'],
    why: 'a plan is a pure function of records: no file, no network, no clock',
  },
  sync: {
    rooms: ['model', 'media', 'sync/plan'],
    builtins: ['node:crypto', 'node:events', 'node:stream', 'node:stream/promises', 'node:util'],
    why: 'it acts only through the ports it is handed',
  },
  store: { rooms: ['model'], types: ['sync', 'sync/plan'], why: 'it fills the ledger port that sync declares, and knows nothing else' },
  network: { rooms: ['model'], why: 'how a server is reached, whoever asks: proxies and certificates' },
  encord: { rooms: ['model', 'network'], types: ['sync'], why: 'it fills the remote port that sync declares, and knows nothing else' },
  config: { rooms: ['model'], why: 'a config is read before anything is opened' },
  log: { rooms: ['model'], why: 'it prints events of the catalogue, whoever emits them' },
  notify: { rooms: ['model', 'network'], why: 'it hands a notice on; what is wrong, and whether it was told before, others know' },
  control: { rooms: ['model'], why: 'one type, its server, its client; who fills it is not its concern' },
  status: { rooms: ['model'], types: ['control'], why: 'it shows what the reading half of the local interface says, and changes nothing' },
  service: {
    rooms: ['model'],
    types: ['config'],
    why: 'it writes units and asks the service manager; it opens neither ledger nor dataset',
  },
  emulator: { rooms: [], why: 'the other side of the wire: shared code would share its mistakes' },
  app: {
    rooms: ['model', 'media', 'disk', 'watcher', 'sync', 'sync/plan', 'store', 'encord'],
    types: ['config', 'control'],
    why: 'it fills the ports; who asked for that (a command, the service) it does not know',
  },
  daemon: {
    rooms: ['model', 'app', 'control', 'status', 'watcher'],
    types: ['config', 'sync'],
    why: 'it runs what app opens; of the watcher it takes the watch over leaps of time',
  },
  demo: { rooms: ['model', 'control', 'emulator'], why: 'it plays a person: the service runs as a process of its own' },
  cli: {
    rooms: ['model', 'config', 'log', 'control', 'app', 'daemon', 'demo', 'emulator', 'network', 'notify', 'service', 'store', 'disk'],
    types: ['sync'],
    why: 'a command parses, makes one call and prints; it opens the ledger when no service runs and lists the ignore rules of disk',
  },
}

/** Which rooms may import a package. Every dependency of package.json has its row. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@hono/node-server': ['control', 'status'],
  'better-sqlite3': ['store'],
  chokidar: ['watcher'],
  'fastest-levenshtein': ['cli', 'config'],
  'file-type': ['media'],
  hono: ['control', 'status'],
  'https-proxy-agent': ['network'],
  ignore: ['disk'],
  'log-update': ['cli', 'demo'],
  'lossless-json': ['emulator', 'model'],
  'node-fetch': ['encord', 'notify'],
  'p-queue': ['sync'],
  'proxy-from-env': ['network'],
  sshpk: ['encord'],
  'string-width': ['cli', 'demo'],
  winston: ['log'],
  yaml: ['config'],
  yargs: ['cli'],
  zod: ['config', 'control', 'emulator', 'encord'],
}

/** Files that only one place may import. */
const KEPT_FOR: Readonly<Record<string, { readonly by: string; readonly why: string }>> = {
  'src/encord/calls/deleteData.ts': {
    by: 'src/app/links.ts',
    why: 'the one destructive call goes from app to the deleter, and nowhere else',
  },
}

/** Files outside src that a room reads. */
const OUTSIDE: Readonly<Record<string, string>> = { 'package.json': 'cli' }

const root = fileURLToPath(new URL('../..', import.meta.url))
const sources = readSources(root, 'src')

function roomOf(path: string): string {
  const [, room = '', inner] = path.split('/')
  return room === 'sync' && inner === 'plan' ? 'sync/plan' : room
}

/** What is wrong with the imports of these sources, one line each; and how many arrows between rooms were seen. */
function judge(files: ReadonlyMap<string, string>): { readonly wrong: readonly string[]; readonly arrows: number } {
  const wrong: string[] = []
  let arrows = 0
  for (const [file, source] of files) {
    const room = ROOMS[roomOf(file)]
    if (room === undefined) {
      wrong.push(`${file}: the room ${roomOf(file)} has no row in the table`)
      continue
    }
    for (const { specifier, typeOnly } of importsOf(source)) {
      const trouble = specifier.startsWith('.')
        ? troubleWithFile(file, room, posix.normalize(posix.join(posix.dirname(file), specifier)), typeOnly)
        : troubleWithPackage(file, room, specifier)
      if (trouble !== null) wrong.push(`${file}: ${trouble}`)
      if (!specifier.startsWith('./')) arrows++
    }
  }
  return { wrong, arrows }
}

function troubleWithFile(file: string, room: Room, target: string, typeOnly: boolean): string | null {
  const from = roomOf(file)
  if (!target.startsWith('src/')) return OUTSIDE[target] === from ? null : `${target} is not part of the sources`
  const kept = KEPT_FOR[target]
  if (kept !== undefined) return kept.by === file ? null : `${target} is for ${kept.by} alone: ${kept.why}`
  const to = roomOf(target)
  if (to === from || room.rooms.includes(to) || (typeOnly && room.types?.includes(to) === true)) return null
  return `${from} may not import ${to}${room.types?.includes(to) === true ? ', but for types' : ''}: ${room.why}`
}

function troubleWithPackage(file: string, room: Room, specifier: string): string | null {
  const from = roomOf(file)
  if (specifier.startsWith('node:')) {
    return room.builtins === undefined || room.builtins.includes(specifier) ? null : `${from} may not import ${specifier}: ${room.why}`
  }
  if (builtinModules.includes(specifier)) return `${specifier} is written node:${specifier}`
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
  return PACKAGES[name]?.includes(from) === true ? null : `the package ${name} is not for ${from}`
}

test('imports go only where the table of rooms lets them', () => {
  const { wrong, arrows } = judge(sources)
  expect(wrong).toEqual([])
  expect(sources.size).toBeGreaterThan(150)
  expect(arrows).toBeGreaterThan(300)
})

test('each dependency of the package is kept in the rooms that need it', () => {
  const { dependencies } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as { dependencies: Record<string, string> }
  expect(Object.keys(PACKAGES)).toEqual(Object.keys(dependencies).sort())
})

test('files that are kept for one place exist, and that place imports them', () => {
  for (const [file, { by }] of Object.entries(KEPT_FOR)) {
    expect([...sources.keys()]).toContain(file)
    const targets = importsOf(sources.get(by) ?? '').map(({ specifier }) => posix.normalize(posix.join(posix.dirname(by), specifier)))
    expect(targets).toContain(file)
  }
})

test('the reader finds every way to reach another file', () => {
  const source = [
    "import { a } from './a.ts'",
    "import type { B } from './b.ts'",
    "import {\n  type C,\n  c,\n} from './c.ts'",
    "import './d.ts'",
    "export { e } from './e.ts'",
    "export type { F } from './f.ts'",
    "export * from './g.ts'",
    "const h = await import('./h.ts')",
    'new Worker(new URL(`./i.worker$' + '{extension}`, import.meta.url))',
    "new URL('./j/', import.meta.url)",
    "import k from 'k'",
    "// import './comment.ts'",
    "/** import('./docstring.ts') */",
    "const text = 'import it'",
  ].join('\n')
  expect(importsOf(source)).toEqual([
    { specifier: './a.ts', typeOnly: false },
    { specifier: './b.ts', typeOnly: true },
    { specifier: './c.ts', typeOnly: false },
    { specifier: './d.ts', typeOnly: false },
    { specifier: './e.ts', typeOnly: false },
    { specifier: './f.ts', typeOnly: true },
    { specifier: './g.ts', typeOnly: false },
    { specifier: './h.ts', typeOnly: false },
    { specifier: './i.worker', typeOnly: false },
    { specifier: './j/', typeOnly: false },
    { specifier: 'k', typeOnly: false },
  ])
})

test.each([
  [
    'a value where types are allowed',
    'src/disk/a.ts',
    "import { plan } from '../sync/engine.ts'",
    'disk may not import sync, but for types',
  ],
  ['a type of a room that is out of reach', 'src/media/a.ts', "import type { A } from '../disk/walk.ts'", 'media may not import disk'],
  ['a re-export', 'src/encord/a.ts', "export { a } from '../store/lock.ts'", 'encord may not import store'],
  ['a side effect', 'src/model/a.ts', "import '../log/log.ts'", 'model may not import log'],
  ['a late import', 'src/sync/a.ts', "const a = await import('../disk/walk.ts')", 'sync may not import disk'],
  ['a worker', 'src/control/a.ts', "new URL('../app/survey.worker.js', import.meta.url)", 'control may not import app'],
  [
    'the planner and its neighbours',
    'src/sync/plan/a.ts',
    "import { a } from '../engine.ts'",
    'sync/plan may not import sync, but for types',
  ],
  ['shared code with the emulator', 'src/emulator/a.ts', "import type { A } from '../model/unit.ts'", 'emulator may not import model'],
  ['the destructive call', 'src/sync/a.ts', "import { a } from '../encord/calls/deleteData.ts'", 'is for src/app/links.ts alone'],
  [
    'the destructive call within its room',
    'src/encord/remote.ts',
    "import { a } from './calls/deleteData.ts'",
    'is for src/app/links.ts alone',
  ],
  ['a package of another room', 'src/app/a.ts', "import { watch } from 'chokidar'", 'the package chokidar is not for app'],
  ['a package that nobody asked for', 'src/cli/a.ts', "import a from '@left/pad/now'", 'the package @left/pad is not for cli'],
  ['a built-in module where all is pure', 'src/sync/plan/a.ts', "import { stat } from 'node:fs'", 'sync/plan may not import node:fs'],
  ['a built-in module without its prefix', 'src/disk/a.ts', "import { stat } from 'fs'", 'fs is written node:fs'],
  ['a test', 'src/app/a.ts', "import { a } from '../../test/support/realClock.ts'", 'is not part of the sources'],
  ['a room without a row', 'src/utils/a.ts', 'export const a = 1', 'the room utils has no row'],
])('refused: %s', (_name, file, source, expected) => {
  const { wrong } = judge(new Map([[file, source]]))
  expect(wrong).toHaveLength(1)
  expect(wrong[0]).toContain(expected)
})
