import { lstatSync, type Stats } from 'node:fs'
import { DEFAULT_IGNORES } from '../disk/defaultIgnores.ts'
import { openIgnoreRules } from '../disk/ignoreRules.ts'

/** The ignore rule that covers a path below a folder; null when none does. */
export function ignoreRule(ask: {
  readonly root: string
  readonly path: string
  /** The config's list. */
  readonly patterns: readonly { readonly pattern: string; readonly where: string }[]
}): { readonly rule: string; readonly where: string } | null {
  const { root, path, patterns } = ask
  const rules = openIgnoreRules(
    root,
    patterns.map(({ pattern }) => pattern),
  )
  const isDirectory = look(`${root}/${path}`)?.isDirectory() === true
  const verdict = rules.check(path, isDirectory)
  if (!verdict.ignored) return null
  if (verdict.where === 'config')
    return { rule: verdict.rule, where: patterns.find((one) => one.pattern === verdict.rule)?.where ?? 'config' }
  if (verdict.where === 'default') {
    const reason = DEFAULT_IGNORES.find((one) => one.pattern === verdict.rule)?.reason
    return { rule: verdict.rule, where: reason === undefined ? 'default' : `default: ${reason}` }
  }
  return { rule: verdict.rule, where: verdict.where }
}

/** What stands at a path; undefined when nothing does, or it can't be seen. */
export function look(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}
