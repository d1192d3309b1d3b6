import type { ConfigDocument } from './document.ts'
import { type KeyPath, keyName, type Problem } from './problem.ts'
import type { ParsedConfig } from './schema.ts'

/** Values of the design that this version does not carry out. Taking them in silence would send something else than was asked for. */
export function notYetProblems(config: ParsedConfig | undefined, document: ConfigDocument): Problem[] {
  return (config?.folders ?? []).flatMap((folder, index) => {
    const missing: KeyPath[] = []
    if (folder.subdirectories === 'sequence') missing.push(['folders', index, 'subdirectories'])
    return missing.map((path) => ({ ...document.at(path), message: `${keyName(path)}: this value is not supported in this version` }))
  })
}
