import { displayName } from '../../model/displayName.ts'
import { UserError } from '../../model/error.ts'
import { EXIT } from '../../model/exitCode.ts'
import type { Advice, Installed, ServiceState } from '../../service/manager.ts'
import { type CommandContext, command, commandGroup } from '../command.ts'
import { managerOf, SCOPE_OPTIONS, type ScopeArguments, serviceSetup } from '../serviceSetup.ts'

const UNIT_OPTIONS = {
  ...SCOPE_OPTIONS,
  credential: { type: 'string', array: true, requiresArg: true, describe: 'systemd: a key file, NAME:FILE' },
} as const

const install = command({
  usage: 'install',
  about: 'write the unit, start the service and keep it started',
  options: {
    ...UNIT_OPTIONS,
    now: { type: 'boolean', default: false, describe: 'restart it if it runs' },
    'no-start': { type: 'boolean', default: false, describe: 'only from the next boot or login on' },
  },
  exits: [
    [EXIT.ok, 'installed, or it was so already'],
    [EXIT.failed, 'installed, and it does not start'],
    [EXIT.usage, 'usage, config, or the service manager refuses'],
  ],
  examples: [
    ['install', 'a service of this user'],
    ['install --system --user lab', 'one of the machine; needs sudo'],
  ],
  async run(args, context) {
    if (args.now && args['no-start']) throw usage('--now and --no-start contradict each other')
    const manager = managerOf(args, context)
    const { spec, config, advice } = await setupOf(args, context)
    const keyless = advice.find(({ what }) => what.includes('API key'))
    if (keyless !== undefined && !args['no-start']) {
      throw new UserError(EXIT.usage, { what: keyless.what, notDone: 'nothing was written', next: keyless.next })
    }
    const installed = await manager.install(manager.text(spec), args['no-start'] ? 'no' : args.now ? 'restart' : 'start')
    const view = { ...installed, config: config.file, ledger: config.ledgerPath, advice: [...advice, ...installed.advice] }
    context.out.show(view, () =>
      [
        ...installedText(installed),
        `  config ${displayName(config.file)} and ledger ${displayName(config.ledgerPath)} were not touched`,
        ...adviceText(view.advice, context),
        '',
        `How it goes: encord-sync service status${args.system ? ' --system' : ''}`,
      ].join('\n'),
    )
    return EXIT.ok
  },
})

const uninstall = command({
  usage: 'uninstall',
  about: 'stop the service and remove its unit; config and ledger stay',
  options: { system: SCOPE_OPTIONS.system },
  exits: [
    [EXIT.ok, 'removed, or it was not there'],
    [EXIT.usage, 'usage, or the service manager refuses'],
  ],
  examples: [
    ['uninstall', 'the service of this user'],
    ['uninstall --system', 'that of the machine; needs sudo'],
  ],
  async run(args, context) {
    const removed = await managerOf(args, context).uninstall()
    context.out.show(removed, () =>
      removed.outcome === 'not-installed'
        ? `nothing to remove: there is no ${displayName(removed.file)}`
        : [
            `stopped, and removed ${displayName(removed.file)}`,
            ...removed.commands.map((line) => `  ran ${line}`),
            '  config, keys, ledger and `.encord-sync` of the folders stay where they are',
          ].join('\n'),
    )
    return EXIT.ok
  },
})

const print = command({
  usage: 'print',
  about: 'the unit that `install` would write',
  options: UNIT_OPTIONS,
  exits: [
    [EXIT.ok, 'printed; warnings are on stderr'],
    [EXIT.usage, 'usage or config'],
  ],
  examples: [
    ['print', 'the unit of this user'],
    ['print --system --user lab', 'that of the machine'],
  ],
  async run(args, context) {
    const manager = managerOf(args, context)
    const { spec, advice } = await setupOf(args, context)
    const view = { manager: manager.name, file: manager.file, text: manager.text(spec), advice }
    context.out.show(view, ({ text }) => text.trimEnd())
    if (!context.out.isJson) for (const { what, next } of advice) context.out.warn(`${displayName(what)}\n  next: ${displayName(next)}`)
    return EXIT.ok
  },
})

const status = command({
  usage: 'status',
  about: 'what the service manager says of the service',
  options: { system: SCOPE_OPTIONS.system },
  exits: [
    [EXIT.ok, 'it runs'],
    [EXIT.usage, 'usage'],
    [EXIT.person, 'not installed, not running, or its program is gone'],
  ],
  examples: [
    ['status', 'the service of this user'],
    ['status --system --json', 'that of the machine, for scripts'],
  ],
  async run(args, context) {
    const manager = managerOf(args, context)
    const state = await manager.status(await wantedText({ ...args, user: undefined }, context))
    context.out.show(state, () => stateText(state, context))
    const runs = ['active', 'activating', 'reloading'].includes(state.active)
    return runs && state.missing.length === 0 ? EXIT.ok : EXIT.person
  },
})

/** The service under systemd or launchd. */
export const service = commandGroup('service', 'install the service; see how it does', [install, uninstall, print, status])

type UnitArguments = ScopeArguments & { readonly credential?: string[] | undefined; readonly config?: unknown }

function setupOf(args: UnitArguments, context: CommandContext) {
  const configFile = typeof args.config === 'string' ? args.config : undefined
  return serviceSetup(
    { system: args.system, user: args.user, configFile, credentials: args.credential ?? [] },
    context,
    managerOf(args, context),
  )
}

/** Null when the config has become one that no unit can be written for: that is another command's affair. */
async function wantedText(args: UnitArguments, context: CommandContext): Promise<string | null> {
  try {
    return managerOf(args, context).text((await setupOf(args, context)).spec)
  } catch (error) {
    if (error instanceof UserError) return null
    throw error
  }
}

const OUTCOMES = { written: 'wrote', unchanged: 'unchanged:', replaced: 'rewrote' } as const
const STATES = {
  running: 'it runs already',
  starting: 'started; the first scan of the folders is under way',
  started: 'started',
  restarted: 'started anew',
  'not-started': 'not started',
} as const

function installedText({ outcome, file, previous, commands, state }: Installed): readonly string[] {
  return [
    `${OUTCOMES[outcome]} ${displayName(file)}`,
    ...(previous === null ? [] : [`  what stood there is kept as ${displayName(previous)}`]),
    ...commands.map((line) => `  ran ${line}`),
    `  ${STATES[state]}`,
  ]
}

function stateText(state: ServiceState, context: CommandContext): string {
  const { manager, file, unit, enabled, active, pid, says, ended, restarts } = state
  const colour = active === 'active' ? context.out.style.green : context.out.style.yellow
  const times = restarts === 1 ? 'once' : `${restarts} times`
  return [
    `${manager}: ${colour(active)}${pid === null ? '' : ` (pid ${pid})`}`,
    ...(says === null ? [] : [`  it says: ${displayName(says)}`]),
    ...(ended === null ? [] : [`  last end: ${ended}`]),
    ...(restarts === null || restarts === 0 ? [] : [`  started anew by itself ${times}`]),
    `  unit ${displayName(file)}${unit === 'none' ? ': none' : unit === 'other' ? ': of another hand' : ''}`,
    ...(unit === 'none' ? [] : [`  starts by itself: ${enabled ? 'yes' : 'no'}`]),
    ...adviceText(state.advice, context),
  ].join('\n')
}

function adviceText(advice: readonly Advice[], { out }: CommandContext): readonly string[] {
  if (advice.length === 0) return []
  return ['', out.style.bold('to do:'), ...advice.flatMap(({ what, next }) => [`  ${displayName(what)}`, `    ${displayName(next)}`])]
}

function usage(what: string): UserError {
  return new UserError(EXIT.usage, { what, notDone: 'nothing was written', next: 'encord-sync service install --help' })
}
