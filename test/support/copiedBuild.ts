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
  /** Replaces a piece of a file below dist. @throws Error when the piece is not in it exactly once */
  edit(file: string, piece: string, instead: string): void
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
    edit(file, piece, instead) {
      const path = join(base, 'dist', file)
      const text = readFileSync(path, 'utf8')
      if (text.split(piece).length !== 2) throw new Error(`${file} does not hold exactly once: ${piece}`)
      writeFileSync(path, text.replace(piece, instead))
    },
    [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }),
  }
}

/** What a compiled package was made of stays away. */
function isNeeded(path: string): boolean {
  return !/\/(deps|src|obj|obj\.target)$/.test(path)
}
