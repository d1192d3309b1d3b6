import { readdirSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { loadConfig } from '../../config/load.ts'
import type { LoadedConfig } from '../../config/loadedConfig.ts'
import { Secrets } from '../../model/secrets.ts'
import { openCompletions } from '../../store/completions.ts'
import type { Command, CommandGroup, Host } from '../command.ts'
import { type Wanted, wantedAt } from './wanted.ts'

/** More than a person looks through. */
const MOST = 200

/**
 * What the word at the cursor may become, one each; nothing where nothing is known, or where it can't be found out.
 * @param typed the words after the program's name; the last one is that at the cursor, perhaps empty
 */
export function complete(tree: readonly (Command | CommandGroup)[], typed: readonly string[], host: Host): readonly string[] {
  const current = typed.at(-1) ?? ''
  try {
    // A line break can't be told from the next candidate.
    return candidates(wantedAt(tree, typed), typed, host).filter((one) => one.startsWith(current) && !/[\r\n]/.test(one))
  } catch {
    return []
  }
}

function candidates(wanted: Wanted, typed: readonly string[], host: Host): readonly string[] {
  const current = typed.at(-1) ?? ''
  switch (wanted.kind) {
    case 'words':
      return wanted.words
    case 'files':
      return filesFrom(current, host)
    case 'folders':
      return configOf(typed, host).folders.map(({ path }) => path)
    case 'units':
      // A path from the root or the working directory is one of the disk.
      return isAbsolute(current) || current.startsWith('.') || current.startsWith('~')
        ? filesFrom(current, host)
        : unitPaths(current, typed, host)
    case 'batches':
      return batchesOf(typed, host).map(({ id }) => id)
    case 'digest':
      return batchesOf(typed, host)
        .filter(({ id }) => id === wanted.batch)
        .map(({ digest }) => digest)
  }
}

function unitPaths(current: string, typed: readonly string[], host: Host): readonly string[] {
  const ledger = openCompletions(configOf(typed, host).ledgerPath)
  try {
    return ledger?.unitPaths(current, MOST) ?? []
  } finally {
    ledger?.close()
  }
}

function batchesOf(typed: readonly string[], host: Host) {
  const ledger = openCompletions(configOf(typed, host).ledgerPath)
  try {
    return ledger?.batches() ?? []
  } finally {
    ledger?.close()
  }
}

function configOf(typed: readonly string[], host: Host): LoadedConfig {
  const at = typed.indexOf('--config')
  const inline = typed.find((word) => word.startsWith('--config='))?.slice('--config='.length)
  const file = inline ?? (at < 0 ? undefined : typed[at + 1])
  return loadConfig({ ...host, file: file === undefined ? undefined : unhomed(file, host), secrets: new Secrets(), keysNeeded: false })
}

/** Shells hand over `~` as it was typed. */
function unhomed(path: string, { home }: Host): string {
  return path === '~' || path.startsWith('~/') ? `${home}${path.slice(1)}` : path
}

function filesFrom(current: string, host: Host): readonly string[] {
  const cut = current.lastIndexOf('/') + 1
  const [shown, beginning] = [current.slice(0, cut), current.slice(cut)]
  const entries = readdirSync(resolve(host.directory, unhomed(shown, host)), { withFileTypes: true })
  return entries
    .filter(({ name }) => name.startsWith(beginning) && (beginning.startsWith('.') || !name.startsWith('.')))
    .slice(0, MOST)
    .map((entry) => `${shown}${entry.name}${entry.isDirectory() ? '/' : ''}`)
}
