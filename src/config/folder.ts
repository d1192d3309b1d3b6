import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import type { FolderPolicy } from '../model/folder.ts'
import type { Secrets } from '../model/secrets.ts'
import { cleanKey, readKeyFile } from './apiKey.ts'
import type { FolderConfig, IgnoreRule } from './loadedConfig.ts'
import type { ParsedFolder } from './schema.ts'
import { viaOf } from './via.ts'

/** Where a folder's key comes from. `text` is null when its variable is not set (only where keys are not needed). */
export type KeySource = { readonly kind: 'text'; readonly text: string | null } | { readonly kind: 'file'; readonly file: string }

/** What a folder's config is made of, besides what the schema returned. */
export type FolderParts = {
  readonly path: string
  readonly key: KeySource
  readonly explicit: FolderConfig['explicit']
  readonly ignore: readonly IgnoreRule[]
  readonly env: NodeJS.ProcessEnv
  readonly secrets: Secrets
  readonly limits: FolderConfig['limits']
  /** Of this machine, for titles. */
  readonly hostName: string
}

/** One folder as the app wants it. */
export function folderConfig(parsed: ParsedFolder, parts: FolderParts): FolderConfig {
  return {
    path: parts.path,
    dataset: parsed.dataset,
    keyFile: parts.key.kind === 'file' ? parts.key.file : null,
    readApiKey: () => readApiKey(parts),
    policy: policyOf(parsed, parts.hostName),
    explicit: parts.explicit,
    ignore: parts.ignore,
    watch: parsed.watch,
    limits: parts.limits,
  }
}

function policyOf(parsed: ParsedFolder, host: string): FolderPolicy {
  const { mode, grace, limit } = parsed.deletes
  const { title } = parsed
  return {
    title: title.kind === 'template' ? { ...title, host } : title,
    subdirectories: parsed.subdirectories,
    dicom: parsed.dicomseries ? 'series' : 'set-aside',
    via: viaOf(parsed),
    settleMs: parsed.settle,
    groupSettleMs: parsed.group_settle,
    regroupSettleMs: parsed.regroup_settle,
    groupIncomplete: parsed.group_incomplete,
    onChange: parsed.on_change,
    deletes: { mode, graceMs: grace, limit: { count: limit.count, percent: limit.percent, perMs: limit.per } },
  }
}

function readApiKey({ path, key, env, secrets }: FolderParts): string {
  const reading =
    key.kind === 'file' ? readKeyFile(key.file, env) : key.text === null ? { problem: 'its variable is not set' } : cleanKey(key.text)
  if ('key' in reading) {
    secrets.add(reading.key)
    return reading.key
  }
  throw new UserError(EXIT.person, {
    what: `no API key for ${path}: ${reading.problem}`,
    notDone: 'no call was made for this folder',
    next: 'encord-sync config check',
  })
}
