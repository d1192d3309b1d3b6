import { randomBytes } from 'node:crypto'
import { release } from 'node:os'
import type { LoadedConfig } from '../../config/loadedConfig.ts'
import type { UnitLine } from '../../control/api.ts'
import { messageOf } from '../../model/error.ts'
import type { CommandContext } from '../command.ts'
import { managerOf } from '../serviceSetup.ts'
import type { Finding } from './finding.ts'
import { type Hider, NAMES, openHider } from './hider.ts'

/** A part of a support bundle; `value` is what stands in it, before names are hidden, and `names` are further ones that its texts may speak of. */
export type Section = { readonly title: string; readonly value: unknown; readonly names?: readonly string[] }

/** How reasons begin that name no file. */
const OF_THE_SERVER = /^(?:Encord refused it|the key was refused): /

/** Such names are found in any text as they are; the others have to be known. */
const LOOKS_LIKE_A_PATH = /^[^\s"'(),;]+(?:\/[^\s"'(),;]+|\.(?:[A-Za-z]{2,5}|mp4))$/

/** Entries of a kind at most. */
const MOST = 200

/**
 * What helps somebody else to see what is wrong. No file's content, no key, no log; names of files are hidden when it is written.
 * A part that can't be had says why.
 */
export async function bundleSections(
  config: LoadedConfig | null,
  findings: readonly Finding[],
  context: CommandContext,
): Promise<readonly Section[]> {
  const { host } = context
  const local = config === null ? null : await context.local('read').catch(() => null)
  const had = async (read: (() => Promise<unknown>) | null): Promise<unknown> => {
    if (read === null) return 'no config, or no ledger that can be read'
    return await read().catch((error: unknown) => ({ failed: messageOf(error) }))
  }
  try {
    const units = await had(local === null ? null : () => local.units({ path: null }))
    const versions = {
      encordSync: host.version,
      node: process.version,
      abi: process.versions.modules,
      platform: host.platform,
      arch: process.arch,
      kernel: release(),
    }
    return [
      { title: 'versions', value: versions },
      { title: 'what doctor found', value: findings },
      { title: 'settings, without keys', value: config === null ? null : settingsOf(config) },
      { title: 'status', value: await had(local === null ? null : () => local.status()) },
      {
        title: `units that are not in sync, ${MOST} at most`,
        value: isLines(units) ? unsynced(units) : units,
        names: isLines(units) ? units.flatMap(namesOf) : [],
      },
      {
        title: `changes in the datasets, the last ${MOST}`,
        value: await had(
          local === null
            ? null
            : async () => (await local.history({ path: null, sinceMs: null })).slice(-MOST).map(({ detail: _detail, ...line }) => line),
        ),
      },
      { title: 'the service of this user, and of the machine', value: await had(() => services(context)) },
    ]
  } finally {
    await local?.close()
  }
}

/** The text of a bundle: its contents first. */
export function bundleText(sections: readonly Section[], hider: Hider | null, madeAt: string): string {
  const named = hider === null ? 'Names of files and directories are in it.' : 'Names of files and directories are codes.'
  return [
    `encord-sync support bundle, made ${madeAt}`,
    `Keys are not in it. ${named} Look through it before you send it.`,
    '',
    'Contents:',
    ...sections.map(({ title }, i) => `  ${i + 1}  ${title}`),
    ...sections.flatMap(({ title, value }, i) => [
      '',
      `## ${i + 1} ${title}`,
      JSON.stringify(hider === null ? value : hider.value(value), null, 1),
    ]),
    '',
  ].join('\n')
}

/** Hides every name that the sections, the config or the surroundings know. */
export function hiderFor(sections: readonly Section[], config: LoadedConfig | null, { host }: CommandContext): Hider {
  const own = config === null ? [] : [config.file, config.ledgerPath, ...config.folders.map(({ path }) => path)]
  return openHider(randomBytes(16).toString('hex'), [
    host.home,
    host.directory,
    ...own,
    ...sections.flatMap(({ names }) => names ?? []),
    ...pathsIn(sections),
  ])
}

/** Values of keys that hold names, anywhere in a value. */
function pathsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(pathsIn)
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, inner]) => (typeof inner === 'string' && NAMES.has(key) ? [inner] : pathsIn(inner)))
}

function settingsOf({ encord, folders, upload, rescanMs, status, log, warnings }: LoadedConfig): unknown {
  return {
    domain: encord.domain,
    absentGapMs: encord.absentGapMs,
    hasCaFile: encord.caFile !== null,
    uploadHosts: encord.uploadHosts.length,
    folders: folders.map(({ path, dataset, keyFile, policy, explicit, ignore, watch }) => ({
      path,
      dataset,
      key: keyFile === null ? 'in the config or a variable' : 'in a file',
      policy,
      explicit,
      ignoreRules: ignore.length,
      watch,
    })),
    upload,
    rescanMs,
    hasStatusPage: status !== null,
    log,
    warnings: warnings.length,
  }
}

function isLines(had: unknown): had is readonly UnitLine[] {
  return Array.isArray(had)
}

/** Reasons speak of other units too; those of a series begin with the name of a file, and that may look like any word. */
function namesOf({ path, kind, why }: UnitLine): readonly string[] {
  const end = why.indexOf(': ')
  const isOfFile = kind === 'dicom_series' && end > 0 && !OF_THE_SERVER.test(why)
  return (isOfFile ? [path, why.slice(0, end)] : [path]).filter((name) => !LOOKS_LIKE_A_PATH.test(name))
}

function unsynced(units: readonly UnitLine[]): unknown {
  const counts: Record<string, number> = {}
  for (const { state } of units) counts[state] = (counts[state] ?? 0) + 1
  const open = units.filter(({ state }) => state !== 'synced' && state !== 'set-aside')
  return { counts, units: open.slice(0, MOST).map(({ sha256: _sha256, ...line }) => line) }
}

async function services(context: CommandContext): Promise<unknown> {
  const states: unknown[] = []
  for (const system of [false, true]) states.push(await managerOf({ system }, context).status(null))
  return states
}
