import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { defaultConfigFile, defaultLedgerFile, type Surroundings } from './defaultPath.ts'
import { parseConfigText } from './document.ts'
import { substituteEnvironment } from './environment.ts'
import { absolutePath } from './place.ts'

/**
 * Where the ledger of a config lies, as far as a file tells that can't be used otherwise: a service that runs on with an older one is found by it.
 * Null when even that can't be read.
 */
export function ledgerOf(around: Surroundings & { readonly file: string | undefined; readonly directory: string }): string | null {
  const file = resolve(around.directory, around.file ?? defaultConfigFile(around))
  try {
    const text = readFileSync(file, 'utf8')
    const document = parseConfigText(text)
    const written = document.readable ? document.textAt(['ledger']) : undefined
    if (written === undefined) return document.readable ? defaultLedgerFile(around) : null
    substituteEnvironment(document, around.env)
    const place = absolutePath(String(written.value), { home: around.home, directory: dirname(file) })
    return 'problem' in place ? null : place.path
  } catch {
    return null
  }
}
