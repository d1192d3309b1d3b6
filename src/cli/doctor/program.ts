import type { LoadedConfig } from '../../config/loadedConfig.ts'
import type { CommandContext } from '../command.ts'
import { type Finding, failed, ok, warn } from './finding.ts'

/** The first version of Node that is supported by its makers today; older ones work, unmended. */
const SUPPORTED_NODE = 22

/** Node, and the native module of the ledger. */
export async function programFindings(): Promise<readonly Finding[]> {
  const { node, modules } = process.versions
  const text = `Node ${node} at ${process.execPath}`
  const isOld = Number(node.split('.', 1)[0]) < SUPPORTED_NODE
  const nodeFinding = isOld ? warn('node', `${text} is past its support date`, 'Node 24 is recommended') : ok('node', text)
  try {
    const { sqliteVersion } = await import('../../store/sqliteVersion.ts')
    return [nodeFinding, ok('sqlite', `SQLite ${sqliteVersion()}, built for this Node (ABI ${modules})`)]
  } catch (error) {
    return [nodeFinding, failed('sqlite', error)]
  }
}

/** The config; null when it can't be used, and with it most other looks. */
export function configFindings(context: CommandContext): { readonly config: LoadedConfig | null; readonly findings: readonly Finding[] } {
  try {
    const config = context.config({ keysNeeded: false })
    const { length } = config.folders
    const found = ok('config', `${config.file}: ${length} ${length === 1 ? 'folder' : 'folders'}`)
    const warnings = config.warnings.map((text) => warn('config', text, 'encord-sync config check'))
    return { config, findings: [found, ...warnings] }
  } catch (error) {
    return { config: null, findings: [failed('config', error)] }
  }
}
