import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One import of a source: what it names, as written, and whether only types come through it. */
export type Import = { readonly specifier: string; readonly typeOnly: boolean }

const COMMENTS = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm
const IMPORTS =
  /^\s*(?:import|export)\s+(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]|new URL\(\s*[`'"](\.[^'"`$]+)/gm

/**
 * Everything a TypeScript source reaches for: imports of values, of types, re-exports, side effects, `import()`, and the files that
 * `new URL('./…')` names (workers, migrations). Works on the text: the compiler has no API for it.
 */
export function importsOf(source: string): readonly Import[] {
  return [...source.replace(COMMENTS, '').matchAll(IMPORTS)].map(([whole, fixed, dynamic, url]) => ({
    specifier: fixed ?? dynamic ?? url ?? '',
    typeOnly: /^\s*(?:import|export)\s+type\b/.test(whole),
  }))
}

/** All TypeScript sources below a directory, by path (`src/model/unit.ts`), with their text. */
export function readSources(root: string, below: string): ReadonlyMap<string, string> {
  const names = readdirSync(join(root, below), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  return new Map(names.sort().map((name) => [`${below}/${name}`, readFileSync(join(root, below, name), 'utf8')]))
}
