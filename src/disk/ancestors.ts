import { lstatSync } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { joinPath, type RelPath } from '../model/file.ts'
import { errnoOf } from './errno.ts'

/** Every directory from the root down to `dir`, as (dev, ino) pairs; or the first that is not a real directory. */
export type Ancestry =
  | { readonly kind: 'real'; readonly chain: readonly string[] }
  | { readonly kind: 'broken'; readonly at: RelPath; readonly errno: string }

/** '' and each directory above and including `dir`: `a/b` gives '', 'a', 'a/b'. */
function chainTo(dir: RelPath): readonly RelPath[] {
  const chain: RelPath[] = ['']
  if (dir === '') return chain
  let at = ''
  for (const name of dir.split('/')) {
    at = joinPath(at, name)
    chain.push(at)
  }
  return chain
}

type Looked = { isDirectory(): boolean; isSymbolicLink(): boolean; dev: bigint; ino: bigint }

function verdict(stats: Looked): { readonly ok: true; readonly id: string } | { readonly ok: false; readonly errno: string } {
  if (stats.isSymbolicLink()) return { ok: false, errno: 'ELOOP' }
  if (!stats.isDirectory()) return { ok: false, errno: 'ENOTDIR' }
  return { ok: true, id: `${stats.dev}:${stats.ino}` }
}

/** Looks at each directory from the root down to `dir` by `lstat`; a link (ELOOP) or anything else (ENOTDIR) breaks the chain. */
export async function lookAtAncestors(root: string, dir: RelPath): Promise<Ancestry> {
  const chain: string[] = []
  for (const at of chainTo(dir)) {
    try {
      const found = verdict(await lstat(at === '' ? root : `${root}/${at}`, { bigint: true }))
      if (!found.ok) return { kind: 'broken', at, errno: found.errno }
      chain.push(found.id)
    } catch (error) {
      return { kind: 'broken', at, errno: errnoOf(error) }
    }
  }
  return { kind: 'real', chain }
}

/** The same, synchronous, for a worker thread. */
export function lookAtAncestorsSync(root: string, dir: RelPath): Ancestry {
  const chain: string[] = []
  for (const at of chainTo(dir)) {
    try {
      const found = verdict(lstatSync(at === '' ? root : `${root}/${at}`, { bigint: true }))
      if (!found.ok) return { kind: 'broken', at, errno: found.errno }
      chain.push(found.id)
    } catch (error) {
      return { kind: 'broken', at, errno: errnoOf(error) }
    }
  }
  return { kind: 'real', chain }
}

/** True when both looks saw the very same real directories. */
export function sameAncestry(a: Ancestry, b: Ancestry): boolean {
  return a.kind === 'real' && b.kind === 'real' && a.chain.length === b.chain.length && a.chain.every((id, index) => id === b.chain[index])
}
