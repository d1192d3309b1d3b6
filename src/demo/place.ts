import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Everything one demo has on disk; it stays when the demo ends. */
export type Place = {
  readonly directory: string
  /** The watched folder. */
  readonly folder: string
  readonly config: string
  readonly keyFile: string
  readonly ledger: string
  readonly emulatorData: string
  /** What the service logs, as JSON lines. */
  readonly log: string
}

export const DEMO_DATASET = 'dddddddd-0000-4000-8000-000000000001'

/** What the demo's config sets so that a person need not wait, and what holds without it. */
export const DEMO_SETTINGS: readonly { readonly key: string; readonly here: string; readonly usual: string }[] = [
  { key: 'on_change', here: 'replace', usual: 'hold' },
  { key: 'settle', here: '1s', usual: '5s' },
  { key: 'group_settle', here: '1s', usual: '60s' },
  { key: 'grace', here: '2s', usual: '2m' },
  { key: 'rescan', here: '5s', usual: '15m' },
  { key: 'absent_gap', here: '1s', usual: '60s' },
  { key: 'bandwidth', here: '1MB/s', usual: 'no limit' },
]

/** Makes a new directory with an empty folder in it. @param parent an existing directory, such as the system's temporary one */
export function makePlace(parent: string): Place {
  // The service resolves links, and its events name the folder as it does.
  const directory = mkdtempSync(join(realpathSync(parent), 'encord-sync-demo-'))
  const folder = join(directory, 'media')
  mkdirSync(folder)
  return {
    directory,
    folder,
    config: join(directory, 'config.yaml'),
    keyFile: join(directory, 'dataset.key'),
    ledger: join(directory, 'state', 'ledger.db'),
    emulatorData: join(directory, 'emulator'),
    log: join(directory, 'service.log'),
  }
}

/** Writes the config and the key file, both for their owner alone. @param domain the emulator's address */
export function writeConfig(place: Place, domain: string, apiKey: string): void {
  writeFileSync(place.keyFile, `${apiKey}\n`, { mode: 0o600 })
  writeFileSync(place.config, configText(place, domain), { mode: 0o600 })
}

function configText({ folder, ledger, keyFile }: Place, domain: string): string {
  const here = (key: string) => DEMO_SETTINGS.find((setting) => setting.key === key)?.here ?? ''
  // A JSON string is a YAML string: no path can break out of its quotes.
  const quoted = (text: string) => JSON.stringify(text)
  return `# Config of one demo. The waits are far shorter than anyone should use with data that matters.
encord:
  domain: ${quoted(domain)}
  absent_gap: ${here('absent_gap')}
ledger: ${quoted(ledger)}
folders:
  - path: ${quoted(folder)}
    dataset: ${DEMO_DATASET}
    api_key_file: ${quoted(keyFile)}
    on_change: ${here('on_change')}
    settle: ${here('settle')}
    group_settle: ${here('group_settle')}
    deletes: { grace: ${here('grace')} }
# Slow, so that uploads can be seen.
upload: { bandwidth: ${here('bandwidth')} }
rescan: ${here('rescan')}
log: { level: debug, format: json }
`
}
