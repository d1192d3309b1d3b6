import { configJsonSchema } from '../../config/jsonSchema.ts'
import type { LoadedConfig } from '../../config/loadedConfig.ts'
import { displayName } from '../../model/displayName.ts'
import { EXIT } from '../../model/exitCode.ts'
import { command, commandGroup } from '../command.ts'

const check = command({
  usage: 'check',
  about: 'read the config and every key, without any call',
  exits: [
    [EXIT.ok, 'valid, perhaps with warnings'],
    [EXIT.usage, 'everything that is wrong, each with its line and column'],
    [EXIT.person, 'a key is out of reach'],
  ],
  examples: [
    ['check', 'the config in its usual place'],
    ['check --config ./config.yaml', 'another one'],
  ],
  async run(_args, context) {
    const config = context.config({ keysNeeded: true })
    const view = viewOf(config)
    context.out.show(view, () =>
      [
        ...view.warnings.map((text) => `warning: ${displayName(text)}`),
        `${displayName(view.config)} is valid: ${view.folders.length} ${view.folders.length === 1 ? 'folder' : 'folders'}`,
        ...view.folders.map((folder) => `  ${displayName(folder.path)} -> ${folder.dataset}`),
        `  ledger ${displayName(view.ledger)}`,
      ].join('\n'),
    )
    return EXIT.ok
  },
})

const schema = command({
  usage: 'schema',
  about: 'the JSON Schema of the config, for editors',
  exits: [
    [EXIT.ok, 'printed'],
    [EXIT.usage, 'usage'],
  ],
  examples: [
    ['schema > config.schema.json', 'a file that editors can use'],
    ['schema --json', 'on one line'],
  ],
  async run(_args, { out }) {
    out.show(configJsonSchema(), (value) => JSON.stringify(value, null, 2))
    return EXIT.ok
  },
})

/** The config itself. */
export const config = commandGroup('config', 'check the config, print its schema', [check, schema])

function viewOf({ file, ledgerPath, folders, warnings }: LoadedConfig) {
  return {
    config: file,
    ledger: ledgerPath,
    folders: folders.map(({ path, dataset }) => ({ path, dataset })),
    warnings,
  }
}
