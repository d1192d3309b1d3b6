import { lstatSync } from 'node:fs'
import { resolve } from 'node:path'
import { ignoreRule } from '../../app/ignoreRule.ts'
import { pathBelow, realSpelling } from '../../app/place.ts'
import type { LoadedConfig } from '../../config/loadedConfig.ts'
import { DEFAULT_IGNORES } from '../../disk/defaultIgnores.ts'
import { displayName } from '../../model/displayName.ts'
import { UserError } from '../../model/error.ts'
import { EXIT } from '../../model/exitCode.ts'
import { type CommandContext, command, commandGroup } from '../command.ts'
import { configuredFolders } from '../configuredFolders.ts'
import { table } from '../text/table.ts'

const list = command({
  usage: 'list',
  about: 'the rules, in the order they count',
  exits: [
    [EXIT.ok, 'listed'],
    [EXIT.usage, 'usage or config'],
  ],
  examples: [
    ['list', 'defaults first, then those of the config'],
    ['list --json', 'the same for scripts'],
  ],
  async run(_args, context) {
    const config = configIfAny(context)
    const rules = [
      ...DEFAULT_IGNORES.map(({ pattern, reason }) => ({ pattern, folder: null, where: 'default', reason })),
      ...(config?.folders ?? []).flatMap(({ path, ignore }) =>
        ignore.map(({ pattern, where }) => ({ pattern, folder: path, where, reason: null })),
      ),
    ]
    context.out.show(rules, () => {
      const rows = rules.map(({ pattern, folder, where, reason }) => [pattern, folder ?? 'every folder', reason ?? where])
      const columns = [{ head: 'PATTERN' }, { head: 'COUNTS IN' }, { head: 'WHY' }]
      return `${table(columns, rows, context.out.terminal.width)}\nThe last match decides; .encordignore files come after these.`
    })
    return EXIT.ok
  },
})

const test = command({
  usage: 'test <path>',
  about: 'whether a path is ignored, and by which rule',
  positionals: { path: { type: 'string', demandOption: true, describe: 'a path in a watched folder; it need not exist' } },
  exits: [
    [EXIT.ok, 'answered, whichever way'],
    [EXIT.usage, 'usage, config, or no watched folder holds the path'],
  ],
  examples: [
    ['test clips/a.mp4.part', 'a file that is still being copied'],
    ['test --json scratch', 'the same for scripts'],
  ],
  async run({ path }, context) {
    const found = placeIn(context.config(), path, context)
    const rule = ignoreRule({ root: found.root, path: found.path, patterns: found.patterns })
    const answer = { folder: found.root, path: found.path, ignored: rule !== null, rule: rule?.rule ?? null, where: rule?.where ?? null }
    context.out.show(answer, () =>
      rule === null ? `not ignored: ${displayName(path)}` : `ignored by ${displayName(rule.rule)} (${displayName(rule.where)})`,
    )
    return EXIT.ok
  },
})

/** What is left out of folders. */
export const ignore = commandGroup('ignore', 'what is left out, and by which rule', [list, test])

/** The defaults can be listed before there is a config. */
function configIfAny(context: CommandContext): LoadedConfig | null {
  try {
    return context.config()
  } catch (error) {
    if (error instanceof UserError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return null
    throw error
  }
}

type Found = { readonly root: string; readonly path: string; readonly patterns: LoadedConfig['folders'][number]['ignore'] }

function placeIn(config: LoadedConfig, path: string, { host }: CommandContext): Found {
  const absolute = resolve(host.directory, path)
  const folders = configuredFolders(config)
  for (const { entry, realPath } of folders) {
    const below = pathBelow(entry.path, absolute) ?? pathBelow(realPath, realSpelling(absolute))
    if (below !== null) return { root: realPath, path: below, patterns: entry.ignore }
  }
  const inside = folders.filter(({ realPath }) => lstatSync(resolve(realPath, path), { throwIfNoEntry: false }) !== undefined)
  const [only] = inside.length > 0 ? inside : folders
  const isRelative = !path.startsWith('/') && !path.startsWith('..')
  if (only !== undefined && isRelative && (inside.length === 1 || folders.length === 1)) {
    return { root: only.realPath, path: path.replace(/^(\.\/)+/, '').replace(/\/+$/, ''), patterns: only.entry.ignore }
  }
  throw new UserError(EXIT.usage, {
    what: `no watched folder holds ${displayName(path)}`,
    notDone: 'nothing was tested',
    next: 'encord-sync folders list',
  })
}
