// Bundles programs of ours with their libraries: loading the few hundred small files of our libraries took half of a command's start.
// better-sqlite3 stays outside: it finds its binary beside itself.
import { cpSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const source = join(root, 'src')

/** Modules find their files (SQL, samples, the worker) relative to themselves; in the bundle they all stand one directory deep. */
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

/**
 * @param entryPoints a program's place below `outdir`, without its ending and one directory deep -> its source
 * @param outdir below a directory whose `node_modules` has better-sqlite3
 */
export async function bundle(entryPoints, outdir) {
  await build({
    absWorkingDir: root,
    entryPoints,
    outdir,
    chunkNames: 'cli/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: ['better-sqlite3'],
    sourcemap: true,
    logLevel: 'warning',
    plugins: [ownPlaces],
    banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
  })
  cpSync(join(source, 'store/migrations'), join(outdir, 'store/migrations'), { recursive: true })
}

// `bundle.mjs OUTDIR PLACE=SOURCE…`
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [outdir, ...pairs] = process.argv.slice(2)
  await bundle(Object.fromEntries(pairs.map((pair) => pair.split('='))), outdir)
}
