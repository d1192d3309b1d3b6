import type { FolderConfig, LoadedConfig } from '../../config/loadedConfig.ts'
import { EncordError } from '../../model/error.ts'
import type { CommandContext } from '../command.ts'
import { formatDuration } from '../text/time.ts'
import { type Finding, fail, failed, ok, warn } from './finding.ts'

/** Deletes are not sent when the clocks differ by more (design, section 6, rule 8), ms. */
const CLOCK_MS = 600_000
/** The header has whole seconds, and the answer took a while. */
const NOTABLE_MS = 30_000

/** What stands in a path whose variable only the service has. */
const CREDENTIAL = '$' + '{CREDENTIALS_DIRECTORY}'

/** Each key against its server, each dataset read once, the server's clock against this one. */
export async function datasetFindings(config: LoadedConfig, context: CommandContext): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const seen = new Set<string>()
  for (const folder of config.folders) {
    if (seen.has(folder.dataset)) continue
    seen.add(folder.dataset)
    findings.push(...(await oneDataset(config, folder, context)))
  }
  return findings
}

async function oneDataset(config: LoadedConfig, folder: FolderConfig, context: CommandContext): Promise<readonly Finding[]> {
  const { dataset } = folder
  if (folder.keyFile?.includes(CREDENTIAL) === true) {
    return [ok('key', `the key of ${dataset} is a credential: only the service has it (encord-sync service status)`)]
  }
  let key: string
  try {
    key = folder.readApiKey()
  } catch (error) {
    return [failed('key', error)]
  }
  const { openDatasetCalls } = await import('../../app/datasetCalls.ts')
  const { systemClock } = await import('../../app/systemClock.ts')
  const calls = openDatasetCalls(
    config,
    { dataset, readKey: () => key },
    { clock: systemClock, random: Math.random, signal: context.signal },
  )
  try {
    const meta = await calls.keyMeta()
    const isProject = meta.resourceType.toLowerCase() === 'project'
    const keyFinding = isProject
      ? fail('key', `the key of ${folder.path} is that of a project`, "take the dataset's API key")
      : ok('key', `accepted for ${dataset}`)
    const listing = await calls.listing()
    const rows = `${listing.rows.length} ${listing.rows.length === 1 ? 'row' : 'rows'}`
    const datasetFinding =
      listing.dataset.toLowerCase() === dataset
        ? ok('dataset', `${dataset} at ${config.encord.domain}: ${rows}`)
        : fail(
            'dataset',
            `the key of ${folder.path} opens another dataset: ${listing.dataset}`,
            'name that dataset, or take the key of the other',
          )
    return [keyFinding, datasetFinding, ...clockFinding(calls.serverTime()?.dateMs ?? null, context.host.nowMs())]
  } catch (error) {
    return [callFinding(error, dataset)]
  } finally {
    calls.close()
  }
}

function callFinding(error: unknown, dataset: string): Finding {
  if (!(error instanceof EncordError)) return failed('dataset', error)
  const { message } = error
  if (error.kind === 'credentials' || error.kind === 'not-allowed') {
    const next = `encord-sync key create --title NAME --dataset ${dataset} (or take one from the Encord app)`
    return fail('key', `refused for ${dataset}: ${message}`, next)
  }
  if (error.kind === 'transient')
    return { check: 'dataset', verdict: 'later', what: `${dataset}: ${message}`, next: 'look at the network; then encord-sync doctor' }
  return fail('dataset', `${dataset}: ${message}`, 'check the hash and encord.domain in the config')
}

function clockFinding(serverMs: number | null, nowMs: number): readonly Finding[] {
  if (serverMs === null) return []
  const offMs = nowMs - serverMs
  const text = `this clock is ${formatDuration(Math.abs(offMs))} ${offMs > 0 ? 'ahead of' : 'behind'} the server's`
  if (Math.abs(offMs) > CLOCK_MS) return [fail('clock', `${text}: nothing is deleted`, 'timedatectl set-ntp true')]
  return [Math.abs(offMs) > NOTABLE_MS ? warn('clock', text, 'timedatectl set-ntp true') : ok('clock', "agrees with the server's")]
}
