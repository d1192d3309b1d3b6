// Builds dist/ from src/: the program and its worker, each library bundled in, because loading the few hundred small files of
// our libraries took half of a command's start. better-sqlite3 stays outside: it finds its binary beside itself.
import { chmodSync, cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const source = join(root, 'src')
// Beside the old one, so that a build that fails leaves a program that works.
const fresh = join(root, 'dist.new')

/** Modules find their files (SQL, samples, the worker) relative to themselves; in the bundle they all stand in `dist/cli`. */
const ownPlaces = {
  name: 'own-places',
  setup(bundle) {
    bundle.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const own = JSON.stringify(`../${relative(source, path).replace(/\.ts$/, '.js')}`)
      const contents = readFileSync(path, 'utf8').replaceAll('import.meta.url', `new URL(${own}, import.meta.url).href`)
      return { contents, loader: 'ts' }
    })
  },
}

rmSync(fresh, { recursive: true, force: true })
await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/main.ts', 'src/app/survey.worker.ts'],
  outbase: 'src',
  outdir: fresh,
  chunkNames: 'cli/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: ['better-sqlite3', 'tsx'],
  sourcemap: true,
  logLevel: 'warning',
  plugins: [ownPlaces],
  banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
})
cpSync(join(source, 'store/migrations'), join(fresh, 'store/migrations'), { recursive: true })
for (const samples of ['first', 'later']) {
  cpSync(join(source, 'demo/samples', samples), join(fresh, 'demo/samples', samples), { recursive: true })
}
chmodSync(join(fresh, 'cli/main.js'), 0o755)
writeFileSync(join(fresh, '.built'), '')
rmSync(join(root, 'dist'), { recursive: true, force: true })
renameSync(fresh, join(root, 'dist'))
