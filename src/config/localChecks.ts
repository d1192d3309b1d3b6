import { accessSync, constants, statSync } from 'node:fs'
import { cleanKey, readKeyFile } from './apiKey.ts'
import type { ConfigDocument } from './document.ts'
import type { Substitution } from './environment.ts'
import { absolutePath, type PathBase, realPlace, relation, shellWord } from './place.ts'
import { type KeyPath, keyName, type Problem } from './problem.ts'

/** What the checks of this file look at besides the config itself. */
export type CheckContext = {
  readonly document: ConfigDocument
  readonly substitution: Substitution
  readonly base: PathBase
  readonly env: NodeJS.ProcessEnv
  /** The config file, absolute. */
  readonly file: string
  /** Whether nobody but its owner can read the config file. */
  readonly ownerOnly: boolean
  readonly defaultLedger: string
  /** False for commands that make no call: then keys may be out of reach. */
  readonly keysNeeded: boolean
}

/**
 * What the schema can't see: keys, key files and their modes, folders that lie inside each other. Works on the texts of the document, so that a
 * mistake elsewhere hides nothing here.
 */
export function localProblems(folderCount: number, context: CheckContext): Problem[] {
  const folders = Array.from({ length: folderCount }, (_, index): KeyPath => ['folders', index])
  return [
    ...literalPassphrase(context),
    ...webhookProblems(context),
    ...fileProblems(['encord', 'private_key_file'], context, false),
    ...fileProblems(['encord', 'ca_file'], context, true),
    ...fileProblems(['log', 'file'], context, false),
    ...folders.flatMap((at) => keyProblems(at, context)),
    ...placeProblems(folders, context),
  ]
}

/** The text at a path; undefined when there is none or its variable is not set. */
export function textAt(path: KeyPath, { document, substitution }: Pick<CheckContext, 'document' | 'substitution'>): string | undefined {
  const node = document.textAt(path)
  return node === undefined || substitution.problems.has(node) || typeof node.value !== 'string' ? undefined : node.value
}

function problemAt(path: KeyPath, context: CheckContext, message: string): Problem {
  return { ...context.document.at(path), message: `${keyName(path)}: ${message}` }
}

function keyProblems(at: KeyPath, context: CheckContext): Problem[] {
  const { document } = context
  const [inline, inFile]: [KeyPath, KeyPath] = [
    [...at, 'api_key'],
    [...at, 'api_key_file'],
  ]
  if (document.has(inline) && document.has(inFile)) return [problemAt(inFile, context, 'api_key is given as well; keep one of the two')]
  if (!document.has(inline) && !document.has(inFile)) return [problemAt(at, context, 'api_key or api_key_file is missing')]
  const problems = literalSecret(inline, context)
  if (!context.keysNeeded) return problems
  const key = textAt(inline, context)
  const keyFile = textAt(inFile, context)
  if (key !== undefined && key !== '') problems.push(...readingProblem(inline, context, cleanKey(key)))
  if (keyFile !== undefined && keyFile !== '') {
    const place = absolutePath(keyFile, context.base)
    problems.push(...readingProblem(inFile, context, 'problem' in place ? place : readKeyFile(place.path, context.env)))
  }
  return problems
}

function readingProblem(path: KeyPath, context: CheckContext, reading: object): Problem[] {
  return 'problem' in reading ? [problemAt(path, context, String(reading.problem))] : []
}

function webhookProblems(context: CheckContext): Problem[] {
  const [written, inFile]: [KeyPath, KeyPath] = [
    ['notify', 'webhook'],
    ['notify', 'webhook_file'],
  ]
  if (context.document.has(written) && context.document.has(inFile))
    return [problemAt(inFile, context, 'webhook is given as well; keep one of the two')]
  const names = [['notify', 'command'], written, inFile] satisfies KeyPath[]
  if (context.document.has(['notify']) && !names.some((path) => context.document.has(path)))
    return [problemAt(['notify'], context, 'names nobody: give command, webhook or webhook_file')]
  return [...literalSecret(written, context), ...fileProblems(inFile, context, false)]
}

function literalPassphrase(context: CheckContext): Problem[] {
  return literalSecret(['encord', 'private_key_passphrase'], context)
}

/** A secret written out in the config needs a config that only its owner can read. */
function literalSecret(path: KeyPath, context: CheckContext): Problem[] {
  const node = context.document.textAt(path)
  if (node === undefined || context.substitution.fromEnvironment.has(node) || context.substitution.problems.has(node)) return []
  if (context.ownerOnly) return []
  return [problemAt(path, context, `a secret is written out here and others can read this file; run: chmod 600 ${shellWord(context.file)}`)]
}

function fileProblems(path: KeyPath, context: CheckContext, mustBeReadable: boolean): Problem[] {
  const text = textAt(path, context)
  if (text === undefined) return []
  const place = absolutePath(text, context.base)
  if ('problem' in place) return [problemAt(path, context, place.problem)]
  try {
    if (mustBeReadable) accessSync(place.path, constants.R_OK)
    return []
  } catch (error) {
    return [problemAt(path, context, `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}): ${place.path}`)]
  }
}

function placeProblems(folders: readonly KeyPath[], context: CheckContext): Problem[] {
  const problems: Problem[] = []
  const seen: { readonly name: string; readonly real: string }[] = []
  for (const at of folders) {
    const path = [...at, 'path']
    const text = textAt(path, context)
    const place = text === undefined || text === '' ? undefined : absolutePath(text, context.base)
    if (place === undefined) continue
    if ('problem' in place) {
      problems.push(problemAt(path, context, place.problem))
      continue
    }
    const real = realPlace(place.path)
    if (isOtherThanDirectory(real)) problems.push(problemAt(path, context, 'is not a directory'))
    // One is enough to know: each with each would be millions of them where one path was pasted again and again.
    const other = seen.find((one) => relation(real, one.real) !== 'apart')
    if (other !== undefined) problems.push(...overlap(path, context, relation(real, other.real), other.name))
    seen.push({ name: keyName(at), real })
  }
  return [...problems, ...ledgerProblems(seen, context)]
}

function overlap(path: KeyPath, context: CheckContext, how: ReturnType<typeof relation>, other: string): Problem[] {
  if (how === 'apart') return []
  const words = { same: `is the same directory as that of ${other}`, inside: `lies inside ${other}`, around: `contains ${other}` }
  return [problemAt(path, context, `${words[how]}; folders must not overlap`)]
}

function ledgerProblems(folders: readonly { readonly name: string; readonly real: string }[], context: CheckContext): Problem[] {
  const text = textAt(['ledger'], context)
  const place = text === undefined ? { path: context.defaultLedger } : absolutePath(text, context.base)
  if ('problem' in place) return [problemAt(['ledger'], context, place.problem)]
  const real = realPlace(place.path)
  const around = folders.find((folder) => relation(real, folder.real) === 'inside')
  return around === undefined
    ? []
    : [problemAt(['ledger'], context, `the ledger would lie inside ${around.name}, which is watched: ${place.path}`)]
}

function isOtherThanDirectory(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === false
  } catch {
    // What can't be looked at now is the service's affair: the folder is absent or unreadable until it can.
    return false
  }
}
