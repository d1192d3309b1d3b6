import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import { NOTICE_CAUSES } from '../model/notice.ts'
import type { Secrets } from '../model/secrets.ts'
import { readKeyFile } from './apiKey.ts'
import { bandwidthPlan } from './bandwidth.ts'
import { defaultConfigFile, defaultLedgerFile, type Surroundings } from './defaultPath.ts'
import { parseConfigText } from './document.ts'
import { substituteEnvironment } from './environment.ts'
import { folderConfig, type KeySource } from './folder.ts'
import type { FolderConfig, LoadedConfig, NotifyConfig } from './loadedConfig.ts'
import { type CheckContext, localProblems, textAt } from './localChecks.ts'
import { absolutePath } from './place.ts'
import { ConfigError, type KeyPath, type Problem, problemLine } from './problem.ts'
import { configSchema, type ParsedConfig } from './schema.ts'
import { schemaProblems } from './schemaProblems.ts'
import { viaProblems } from './via.ts'
import { configWarnings } from './warnings.ts'

export type LoadOptions = Surroundings & {
  /** From `--config`; undefined looks in the default place. */
  readonly file: string | undefined
  /** Where a relative `file` starts. */
  readonly directory: string
  /** Every secret of the config is added here, at once and whenever a key file is read again. */
  readonly secrets: Secrets
  /** False for commands that make no call (`status`, `why`, `pause`): keys whose variable or file is out of reach are no error then. Default true. */
  readonly keysNeeded?: boolean
  /** True where a config without folders is of no use (`run`, `once`). Default false. */
  readonly foldersNeeded?: boolean
}

/**
 * Reads, checks and completes the config.
 * @throws ConfigError (exit 2) with everything that is wrong, each with its line and column
 * @throws UserError (exit 2) when there is no config, or it can't be read
 */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const file = resolve(options.directory, options.file ?? defaultConfigFile(options))
  const shown = options.file ?? file
  return loadConfigText({ ...readConfigFile(file), file, shown }, options)
}

/** The text of a config: of its file, or of one that is not written yet. */
export type ConfigText = {
  readonly text: string
  /** Whether nobody but its owner can read the file. */
  readonly ownerOnly: boolean
  /** Absolute. */
  readonly file: string
  /** The file as messages name it. */
  readonly shown: string
}

/** Checks and completes the text of a config, as `loadConfig` does. @throws ConfigError (exit 2) */
export function loadConfigText(
  { text, ownerOnly, file, shown }: ConfigText,
  options: Omit<LoadOptions, 'file' | 'directory'>,
): LoadedConfig {
  const document = parseConfigText(text)
  if (!document.readable) throw new ConfigError(shown, document.problems)
  const substitution = substituteEnvironment(document, options.env)
  const context: CheckContext = {
    document,
    substitution,
    base: { home: options.home, directory: dirname(file) },
    env: options.env,
    file,
    ownerOnly,
    defaultLedger: defaultLedgerFile(options),
    keysNeeded: options.keysNeeded ?? true,
  }
  const raw = document.value()
  const folderCount = countFolders(raw)
  addSecrets(folderCount, context, options.secrets)
  const parsed = configSchema.safeParse(raw ?? {}, { reportInput: true })
  const problems = [
    ...document.problems,
    ...environmentProblems(folderCount, context),
    ...schemaProblems(parsed.error?.issues.filter((issue) => !isSpoiled(issue.path, context)) ?? [], document),
    ...localProblems(folderCount, context),
    ...viaProblems(parsed.data, document),
    ...(options.foldersNeeded === true && folderCount === 0
      ? [{ ...document.at(['folders']), message: 'folders: name at least one' }]
      : []),
  ]
  if (parsed.data === undefined || problems.length > 0) {
    throw new ConfigError(
      shown,
      problems.map((problem) => ({ ...problem, message: options.secrets.redact(problem.message) })),
    )
  }
  return build(parsed.data, { ...context, shown, secrets: options.secrets, hostName: options.hostName ?? '' })
}

function readConfigFile(file: string): { readonly text: string; readonly ownerOnly: boolean } {
  let descriptor: number | undefined
  try {
    descriptor = openSync(file, 'r')
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(descriptor))
    return { text, ownerOnly: (fstatSync(descriptor).mode & 0o077) === 0 }
  } catch (error) {
    throw unreadable(file, error)
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

function unreadable(file: string, cause: unknown): UserError {
  const code = (cause as NodeJS.ErrnoException).code
  const what =
    code === 'ENOENT'
      ? `there is no config at ${file}`
      : code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
        ? `the config is not UTF-8 text: ${file}`
        : `the config cannot be read (${code ?? 'unknown reason'}): ${file}`
  const next =
    code === 'ENOENT'
      ? 'encord-sync init (asks, and writes one), or encord-sync demo (a first look without a config)'
      : `encord-sync config check --config FILE`
  return new UserError(EXIT.usage, { what, notDone: 'nothing was started or sent', next }, { cause })
}

function countFolders(raw: unknown): number {
  const folders = typeof raw === 'object' && raw !== null && 'folders' in raw ? raw.folders : undefined
  return Array.isArray(folders) ? folders.length : 0
}

function secretPaths(folderCount: number): readonly KeyPath[] {
  const inFolders = Array.from({ length: folderCount }, (_, index) => [
    ['folders', index, 'api_key'],
    ['folders', index, 'api_key_file'],
  ]).flat()
  return [['encord', 'private_key_passphrase'], ['notify', 'webhook'], ['notify', 'webhook_file'], ...inFolders]
}

function addSecrets(folderCount: number, context: CheckContext, secrets: Secrets): void {
  for (const path of secretPaths(folderCount)) {
    const text = String(path.at(-1)).endsWith('_file') ? undefined : textAt(path, context)
    if (text !== undefined) secrets.add(text.trim())
  }
}

function environmentProblems(folderCount: number, { document, substitution, keysNeeded }: CheckContext): Problem[] {
  const optional = new Set(keysNeeded ? [] : secretPaths(folderCount).map((path) => document.textAt(path)))
  return [...substitution.problems].filter(([node]) => !optional.has(node)).map(([, problem]) => problem)
}

/** A value whose variable is missing has its own problem already. */
function isSpoiled(path: readonly PropertyKey[], { document, substitution }: CheckContext): boolean {
  const node = document.textAt(path.filter((key) => typeof key !== 'symbol'))
  return node !== undefined && substitution.problems.has(node)
}

type BuildContext = CheckContext & { readonly shown: string; readonly secrets: Secrets; readonly hostName: string }

function build(parsed: ParsedConfig, context: BuildContext): LoadedConfig {
  const { encord, upload, status, log } = parsed
  const path = (text: string | undefined) => (text === undefined ? null : pathOf(text, context))
  const passphrase = textAt(['encord', 'private_key_passphrase'], context) ?? null
  return {
    file: context.file,
    encord: {
      domain: encord.domain,
      privateKeyFile: path(encord.private_key_file),
      readPassphrase: () => passphrase,
      absentGapMs: encord.absent_gap,
      caFile: path(encord.ca_file),
      uploadHosts: encord.upload_hosts,
    },
    ledgerPath: path(parsed.ledger) ?? context.defaultLedger,
    folders: parsed.folders.map((_, index) => buildFolder(parsed, index, context)),
    upload: { concurrency: upload.concurrency, bandwidth: bandwidthPlan(upload.bandwidth) },
    rescanMs: parsed.rescan,
    status: status?.listen ?? null,
    notify: parsed.notify === undefined ? null : notifyConfig(parsed.notify, context),
    log: {
      level: log.level,
      format: log.format,
      file: log.file === undefined ? null : { path: pathOf(log.file, context), maxSizeBytes: log.max_size, keep: log.keep },
    },
    warnings: configWarnings(parsed, context.document).map((warning) => problemLine(context.shown, warning)),
  }
}

function buildFolder(parsed: ParsedConfig, index: number, context: BuildContext): FolderConfig {
  const folder = parsed.folders[index] as ParsedConfig['folders'][number]
  const at: KeyPath = ['folders', index]
  const given = (...keys: string[]) => context.document.has([...at, ...keys])
  const key: KeySource =
    folder.api_key_file === undefined
      ? { kind: 'text', text: textAt([...at, 'api_key'], context) ?? null }
      : { kind: 'file', file: pathOf(folder.api_key_file, context) }
  const result = folderConfig(folder, {
    path: pathOf(folder.path, context),
    key,
    explicit: { settle: given('settle'), grace: given('deletes', 'grace') },
    ignore: folder.ignore.map((pattern, rule) => {
      const { line, column } = context.document.at([...at, 'ignore', rule])
      return { pattern, where: `${context.shown}:${line}:${column}` }
    }),
    env: context.env,
    secrets: context.secrets,
    hostName: context.hostName,
    limits: parsed.limits,
  })
  if (context.keysNeeded) result.readApiKey()
  return result
}

function notifyConfig(parsed: NonNullable<ParsedConfig['notify']>, context: BuildContext): NotifyConfig {
  const { command, webhook_file: file, on } = parsed
  const url = textAt(['notify', 'webhook'], context)?.trim() ?? null
  const path = file === undefined ? null : pathOf(file, context)
  return {
    command: command ?? null,
    readWebhook: () => (path === null ? { url } : readWebhookFile(path, context)),
    on: on ?? NOTICE_CAUSES,
  }
}

function readWebhookFile(path: string, { env, secrets }: BuildContext): ReturnType<NotifyConfig['readWebhook']> {
  const reading = readKeyFile(path, env)
  if ('problem' in reading) return { problem: `notify.webhook_file: ${reading.problem}` }
  secrets.add(reading.key)
  return { url: reading.key }
}

function pathOf(text: string, { base }: CheckContext): string {
  const place = absolutePath(text, base)
  if ('problem' in place) throw new TypeError('a path that was checked is no path')
  return place.path
}
