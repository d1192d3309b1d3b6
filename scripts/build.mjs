// Builds dist/ from src/: the program and its worker.
import { chmodSync, cpSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from './bundle.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
// Beside the old one, so that a build that fails leaves a program that works.
const fresh = join(root, 'dist.new')

rmSync(fresh, { recursive: true, force: true })
await bundle({ 'cli/main': 'src/cli/main.ts', 'app/survey.worker': 'src/app/survey.worker.ts' }, fresh)
for (const samples of ['first', 'later']) {
  cpSync(join(root, 'src/demo/samples', samples), join(fresh, 'demo/samples', samples), { recursive: true })
}
chmodSync(join(fresh, 'cli/main.js'), 0o755)
writeFileSync(join(fresh, '.built'), '')
rmSync(join(root, 'dist'), { recursive: true, force: true })
renameSync(fresh, join(root, 'dist'))
