// Builds dist/ from src/: tsc copies neither SQL nor samples, and leaves files of deleted sources, so dist is made anew.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
// Beside the old one, so that a build that fails leaves a program that works.
const fresh = join(root, 'dist.new')
rmSync(fresh, { recursive: true, force: true })
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
const run = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', fresh], { cwd: root, stdio: 'inherit' })
if (run.status !== 0) process.exit(run.status ?? 1)
cpSync(join(root, 'src/store/migrations'), join(fresh, 'store/migrations'), { recursive: true })
for (const samples of ['first', 'later']) {
  cpSync(join(root, 'src/demo/samples', samples), join(fresh, 'demo/samples', samples), { recursive: true })
}
chmodSync(join(fresh, 'cli/main.js'), 0o755)
writeFileSync(join(fresh, '.built'), '')
rmSync(join(root, 'dist'), { recursive: true, force: true })
renameSync(fresh, join(root, 'dist'))
