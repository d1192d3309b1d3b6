import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PROJECT = new URL('../..', import.meta.url).pathname

/** A copy of the built program that a test may damage. */
export type CopiedBuild = Disposable & {
  /** `dist/cli/main.js` of the copy. */
  readonly main: string
  /** Its packages: links, but for those that were asked to be its own. */
  readonly modules: string
  /** Replaces a piece of the code wherever it stands. @throws Error when it stands nowhere */
  edit(piece: string, instead: string): void
}

/** @param own packages that are copied, not linked */
export function copiedBuild(own: readonly string[] = []): CopiedBuild {
  const base = mkdtempSync(join(tmpdir(), 'encord-sync-build-'))
  const modules = join(base, 'node_modules')
  mkdirSync(modules)
  cpSync(join(PROJECT, 'package.json'), join(base, 'package.json'))
  cpSync(join(PROJECT, 'dist'), join(base, 'dist'), { recursive: true })
  for (const name of readdirSync(join(PROJECT, 'node_modules'))) {
    const real = join(PROJECT, 'node_modules', name)
    if (own.includes(name)) cpSync(real, join(modules, name), { recursive: true, dereference: true, filter: isNeeded })
    else symlinkSync(real, join(modules, name))
  }
  return {
    main: join(base, 'dist/cli/main.js'),
    modules,
    edit(piece, instead) {
      const files = readdirSync(join(base, 'dist'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'))
      const texts = files.map((file) => [join(base, 'dist', file), readFileSync(join(base, 'dist', file), 'utf8')] as const)
      const hits = texts.filter(([, text]) => text.includes(piece))
      if (hits.length === 0) throw new Error(`the build nowhere holds: ${piece}`)
      for (const [path, text] of hits) writeFileSync(path, text.replaceAll(piece, instead))
    },
    [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }),
  }
}

/** What a compiled package was made of stays away. */
function isNeeded(path: string): boolean {
  return !/\/(deps|src|obj|obj\.target)$/.test(path)
}
