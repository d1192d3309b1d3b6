import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { displayName } from '../../model/displayName.ts'
import { UserError } from '../../model/error.ts'
import { EXIT } from '../../model/exitCode.ts'
import { type CommandContext, command, commandGroup } from '../command.ts'
import { ASK, PLACES, SCRIPTS, SHELLS, type Shell } from '../completion/scripts.ts'

const HOW: Readonly<Record<Shell, string>> = {
  bash: 'source <(encord-sync completion bash)',
  zsh: 'source <(encord-sync completion zsh)',
  fish: 'encord-sync completion fish | source',
}

const printing = SHELLS.map((shell) =>
  command({
    usage: shell,
    about: `what ${shell} has to read`,
    exits: [
      [EXIT.ok, 'printed'],
      [EXIT.usage, 'usage'],
    ],
    examples: [
      [`${shell}`, `for this shell alone: ${HOW[shell]}`],
      [`${shell} --json`, 'as JSON'],
    ],
    async run(_args, { out }) {
      out.show({ shell, script: SCRIPTS[shell] }, ({ script }) => script.trimEnd())
      return EXIT.ok
    },
  }),
)

const install = command({
  usage: 'install',
  about: 'put it where your shell finds it',
  options: { shell: { type: 'string', choices: SHELLS, requiresArg: true, describe: 'another one than $SHELL' } },
  exits: [
    [EXIT.ok, 'written, or it was there already'],
    [EXIT.usage, 'usage, an unknown shell, or a file that is not ours'],
  ],
  examples: [
    ['install', 'for the shell that $SHELL names'],
    ['install --shell zsh', 'for another one'],
  ],
  async run({ shell: given }, context) {
    const shell = (given as Shell | undefined) ?? shellOf(context)
    const file = join(context.host.home, PLACES[shell])
    const written = write(file, SCRIPTS[shell])
    context.out.show({ shell, file, written }, () =>
      [
        `${written ? 'wrote' : 'unchanged:'} ${displayName(file)}`,
        ...(shell === 'zsh' ? ['  in ~/.zshrc, before compinit: fpath=(~/.local/share/zsh/site-functions $fpath)'] : []),
        ...(shell === 'bash' ? ['  it needs the package bash-completion; without it, in ~/.bashrc:', `  ${HOW.bash}`] : []),
        '  new shells have it',
      ].join('\n'),
    )
    return EXIT.ok
  },
})

/** Commands, options, unit paths and held batches, at the touch of a key. */
export const completion = commandGroup('completion', 'complete commands, paths and batches with Tab', [...printing, install])

function shellOf({ env }: CommandContext): Shell {
  const name = basename(env['SHELL'] ?? '')
  const found = SHELLS.find((one) => one === name)
  if (found !== undefined) return found
  throw new UserError(EXIT.usage, {
    what: name === '' ? '$SHELL does not say which shell this is' : `there is no completion for ${displayName(name)}`,
    notDone: 'nothing was written',
    next: `encord-sync completion install --shell ${SHELLS.join('|')}`,
  })
}

/** @returns false when it was there already. @throws UserError (2) when something else stands there, or it can't be written */
function write(file: string, script: string): boolean {
  try {
    const before = readIfThere(file)
    if (before === script) return false
    if (before !== null && !before.includes(ASK)) throw new Error('something else stands there')
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, script, { mode: 0o644 })
    return true
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new UserError(EXIT.usage, {
      what: `${displayName(file)} can't be written: ${code ?? message}`,
      notDone: 'nothing was written',
      next: 'encord-sync completion bash (or zsh, fish) prints it, to be put elsewhere',
    })
  }
}

function readIfThere(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
