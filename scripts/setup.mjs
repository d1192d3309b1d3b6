// Installs and builds when needed, so that `npm run demo` and `npm test` work alone on a fresh clone.
// Uses node: modules only: it runs before node_modules exists.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  stop(
    `encord-sync needs Node 20.19 or newer; this is ${process.versions.node}. Nothing was installed. Next: install Node 24 from https://nodejs.org`,
  )
}

const lock = readFileSync(join(root, 'package-lock.json'))
const stamp = createHash('sha256').update(lock).update(`${process.versions.modules} ${process.platform} ${process.arch}`).digest('hex')
const stampFile = join(root, 'node_modules', '.encord-sync-setup')
// Linked modules are another checkout's, which installs them.
const isLinked = lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink() === true
if (!isLinked && (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== stamp)) {
  console.log('setup: installing dependencies; SQLite is compiled here, which takes one to two minutes …')
  // NODE_ENV=production would leave out the compiler.
  npm(['ci', '--include=dev'])
  probeSqlite()
  writeFileSync(stampFile, stamp)
}
const built = join(root, 'dist', '.built')
if (!existsSync(built) || newest(join(root, 'src')) > statSync(built).mtimeMs) {
  console.log('setup: building …')
  const run = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { cwd: root, stdio: 'inherit' })
  if (run.status !== 0) stop('setup: the build failed. Nothing was started. Next: npm run check')
}

/** The npm that runs us, or the one on PATH. */
function npm(args) {
  const self = process.env['npm_execpath']
  const run = self
    ? spawnSync(process.execPath, [self, ...args], { cwd: root, stdio: 'inherit' })
    : spawnSync('npm', args, { cwd: root, stdio: 'inherit' })
  if (run.status !== 0)
    stop('setup: npm ci failed. Nothing was built. Next: see the lines above; better-sqlite3 needs python3, make and g++')
}

function probeSqlite() {
  const probe = spawnSync(process.execPath, ['-e', "new (require('better-sqlite3'))(':memory:')"], { cwd: root })
  if (probe.status !== 0) stop('setup: the SQLite module does not load. Nothing was built. Next: npm rebuild better-sqlite3')
}

/** Newest modification below a directory, in ms; directories count, so that a deleted source is noticed. */
function newest(dir) {
  let time = statSync(dir).mtimeMs
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name)
    time = Math.max(time, entry.isDirectory() ? newest(path) : statSync(path).mtimeMs)
  }
  return time
}

function stop(message) {
  console.error(message)
  process.exit(1)
}
