import yargs, { type Argv } from 'yargs'
import { ledgerOf } from '../config/ledgerOf.ts'
import { loadConfig } from '../config/load.ts'
import type { LoadedConfig } from '../config/loadedConfig.ts'
import { ConfigError } from '../config/problem.ts'
import { EXIT, type ExitCode } from '../model/exitCode.ts'
import { Secrets } from '../model/secrets.ts'
import { proxySecrets } from '../network/proxy.ts'
import { COMMON_OPTIONS, type Command, type CommandContext, type CommandGroup, type Host, wordOf } from './command.ts'
import { SECTIONS } from './commands.ts'
import { ASK } from './completion/scripts.ts'
import { storyOf } from './failure.ts'
import { describe, HELP_WIDTH, overview } from './help.ts'
import { type Out, openOut } from './text/out.ts'
import { typedConfig } from './text/typedCommand.ts'
import { checkUsage, pathOf, usageError, usageOf, withoutDashes } from './usage.ts'

const TOO_FEW = 'an argument is missing'

// Plainer words for what yargs says. Its types know the short form only, and not the one with a plural.
const STRINGS = {
  'Not enough non-option arguments: got %s, need at least %s': { one: TOO_FEW, other: TOO_FEW },
  'Not enough arguments following: %s': '--%s needs a value',
  'Missing required argument: %s': { one: '--%s is missing', other: '--%s are missing' },
  'Unknown argument: %s': { one: 'more than it takes: %s', other: 'more than it takes: %s' },
} as unknown as Record<string, string>

const TREE = SECTIONS.flatMap((section) => section.commands)

/** Runs one command line, errors included; resolves when everything printed has been handed on. @returns the exit code */
export async function program(argv: readonly string[], host: Host): Promise<ExitCode> {
  const secrets = new Secrets()
  for (const secret of proxySecrets(host.env)) secrets.add(secret)
  const words = withoutDashes(argv)
  const asked = (option: string) => words.includes(option) || words.includes(`${option}=true`)
  const out = openOut({
    ...host,
    plain: asked('--plain'),
    json: argv[0] !== ASK && asked('--json'),
    secrets,
    configFile: typedConfig(words),
  })
  try {
    if (argv[0] === ASK) return await answerShell(argv.slice(1), host, out)
    return await runWords(words, out, secrets, host)
  } catch (error) {
    const story = storyOf(error)
    out.error(story)
    return story.exitCode
  } finally {
    await out.flushed()
  }
}

/** A shell asks what may come next: one candidate a line, never an error. */
async function answerShell(typed: readonly string[], host: Host, out: Out): Promise<ExitCode> {
  const { complete } = await import('./completion/complete.ts')
  for (const candidate of complete(TREE, typed, host)) out.print(candidate)
  return EXIT.ok
}

async function runWords(words: readonly string[], out: Out, secrets: Secrets, host: Host): Promise<ExitCode> {
  const isFirstPage = words.every((word) => ['--help', '-h', 'help', '--json', '--plain'].includes(word))
  const parsed: Parsed = isFirstPage ? { help: overview(SECTIONS) } : await parse(words)
  if (!('help' in parsed)) return await parsed.command.run(parsed.args, contextOf(parsed.args['config'], { out, secrets, host }))
  out.show({ help: parsed.help }, ({ help }) => help)
  return EXIT.ok
}

type Parsed = { readonly command: Command; readonly args: Readonly<Record<string, unknown>> } | { readonly help: string }

/** @throws UserError (2) for anything that can't be understood */
async function parse(words: readonly string[]): Promise<Parsed> {
  let chosen: Parsed | undefined
  let help = ''
  const choose = (command: Command, args: Readonly<Record<string, unknown>>) => {
    chosen = { command, args }
  }
  const parser = yargs()
    .scriptName('encord-sync')
    .locale('en')
    .exitProcess(false)
    .parserConfiguration({
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'dot-notation': false,
      'camel-case-expansion': false,
      'boolean-negation': false,
    })
    .wrap(HELP_WIDTH)
    .version(false)
    .alias('help', 'h')
    .options(COMMON_OPTIONS)
    .middleware((args) => checkUsage(TREE, args), true)
    .updateStrings(STRINGS)
    .demandCommand(1, 'no command was named')
    .strict()
    .fail((message: string | null, error: Error | undefined) => {
      if (error !== undefined && error.name !== 'YError') throw error
      const what = message ?? error?.message ?? ''
      throw usageError(what.startsWith(TOO_FEW) ? `${TOO_FEW}: ${usageOf(TREE, words)}` : what, [], pathOf(TREE, words))
    })
  for (const node of TREE) addNode(parser, node, choose)
  await parser.parseAsync([...words], {}, (_error, _args, output) => {
    help = output
  })
  return chosen ?? { help }
}

type Choose = (command: Command, args: Readonly<Record<string, unknown>>) => void

function addNode(parser: Argv, node: Command | CommandGroup, choose: Choose): void {
  if (node.kind === 'command') addCommand(parser, node, '', choose)
  else {
    parser.command(node.usage, node.about, (below) => {
      for (const command of node.commands) addCommand(below, command, `${wordOf(node)} `, choose)
      return below.demandCommand(1, `${wordOf(node)}: which one? ${node.commands.map(wordOf).join(', ')}`).strict()
    })
  }
}

function addCommand(parser: Argv, command: Command, prefix: string, choose: Choose): void {
  parser.command(
    command.usage,
    command.about,
    (own) => {
      for (const [name, positional] of Object.entries(command.positionals)) own.positional(name, positional)
      return describe(own.options({ ...command.options }), prefix, command).strict()
    },
    (args) => choose(command, args),
  )
}

function contextOf(
  file: unknown,
  { out, secrets, host }: { readonly out: Out; readonly secrets: Secrets; readonly host: Host },
): CommandContext {
  let loaded: LoadedConfig | undefined
  const config: CommandContext['config'] = (needs) => {
    if (loaded !== undefined && needs === undefined) return loaded
    loaded = loadConfig({ ...host, file: typeof file === 'string' ? file : undefined, secrets, keysNeeded: false, ...needs })
    return loaded
  }
  return {
    host,
    out,
    env: host.env,
    secrets,
    get signal() {
      return host.stopSignal()
    },
    config,
    async local(mode) {
      // The ledger's module is large, and native: only commands that need it load it.
      const { openLocal, openService } = await import('./local.ts')
      try {
        return await openLocal(mode, config(), host)
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error
        // The service goes on with the config before this one, and says what is wrong with it.
        const ledgerPath = ledgerOf({ ...host, file: typeof file === 'string' ? file : undefined })
        const service = ledgerPath === null ? null : await openService(ledgerPath, host)
        if (service === null) throw error
        return service
      }
    },
  }
}
