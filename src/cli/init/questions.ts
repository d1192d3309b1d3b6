import { mkdirSync } from 'node:fs'
import { readPrivateKeyFile } from '../../config/privateKey.ts'
import { displayName } from '../../model/displayName.ts'
import type { CommandContext } from '../command.ts'
import { askLine, askSecret } from '../prompt.ts'
import {
  type DatasetChoice,
  DELETE_MODES,
  type DeleteMode,
  domainAnswer,
  folderAnswer,
  hashAnswer,
  keyAnswer,
  pathAnswer,
  titleAnswer,
  UnusableAnswer,
  unusable,
} from './flags.ts'

const SERVERS = ['https://api.encord.com', 'https://api.us.encord.com'] as const

/** Which server. */
export async function askDomain(context: CommandContext): Promise<string> {
  return await asked(
    context,
    `Which server holds the dataset?\n  1  ${SERVERS[0]}\n  2  ${SERVERS[1]}\nNumber, or another address [1]: `,
    (text) => domainAnswer(text === '' ? SERVERS[0] : (SERVERS[Number(text) - 1] ?? text)),
  )
}

/** An existing dataset, or the title of a new one. */
export async function askDataset(context: CommandContext): Promise<DatasetChoice> {
  const which = await askChoice(context, "Which dataset?\n  1  one that is there\n  2  a new one, on Encord's own storage\nNumber: ", [
    'there',
    'new',
  ])
  if (which === 'new') return { kind: 'new', title: await asked(context, 'Its title: ', titleAnswer) }
  return { kind: 'there', hash: await asked(context, 'Its hash (from its address in the Encord app): ', hashAnswer) }
}

/** Whether a key is there, or is to be made. */
export async function askKeyKind(context: CommandContext): Promise<'there' | 'new'> {
  return await askChoice(
    context,
    'Which API key of the dataset?\n  1  one you have\n  2  a new one, made with your private key\nNumber: ',
    ['there', 'new'],
  )
}

/** An API key, without echo; asked again until `test` takes it. */
export async function askApiKey<T>(context: CommandContext, test: (key: string) => Promise<T>): Promise<T> {
  return await untilTaken(
    context,
    () => askSecret(context.host, 'The API key (not shown): '),
    (text) => test(keyAnswer(text, context)),
  )
}

/** The file of the private key that Encord knows the user by. */
export async function askPrivateKey(context: CommandContext): Promise<string> {
  return await asked(context, 'Your private key (OpenSSH ed25519), such as ~/.ssh/id_ed25519: ', (text) => {
    const file = pathAnswer(text, context)
    const reading = readPrivateKeyFile(file, context.env)
    if ('problem' in reading) throw unusable(`${displayName(file)}: ${reading.problem}`, 'name another file')
    return file
  })
}

/** The folder; one that is not there may be made. `check` throws UserError for a place that cannot be used. */
export async function askFolder(context: CommandContext, check: (folder: string) => void): Promise<string> {
  return await asked(context, 'Which folder is kept in step: ', async (text) => {
    const folder = await folderOrNew(text, context)
    check(folder)
    return folder
  })
}

/** What happens to rows of removed files, in plain words; there is no answer by default. */
export async function askDeletes(context: CommandContext): Promise<DeleteMode> {
  const question = [
    'When a file is removed here, should its row in the dataset be removed too, with its annotations?',
    '  1  yes    after the file is proven gone; many at once wait for you (propagate)',
    '  2  ask    nothing is deleted until you approve it (hold)',
    '  3  no     rows stay, whatever happens here (never)',
    'Number: ',
  ].join('\n')
  return await askChoice(context, question, DELETE_MODES, ['yes', 'ask', 'no'])
}

async function folderOrNew(text: string, context: CommandContext): Promise<string> {
  try {
    return folderAnswer(text, context)
  } catch (error) {
    const isAbsent = error instanceof UnusableAnswer && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
    if (!isAbsent) throw error
    const path = pathAnswer(text, context)
    const answer = await askLine(context.host, `${displayName(path)} is not there. Make it? Type yes: `, context.signal)
    if (answer.trim().toLowerCase() !== 'yes') throw error
    mkdirSync(path, { recursive: true })
    return path
  }
}

async function askChoice<const Word extends string>(
  context: CommandContext,
  question: string,
  words: readonly Word[],
  alsoKnown: readonly string[] = [],
): Promise<Word> {
  return await asked(context, question, (text) => {
    const spoken = text.toLowerCase()
    const chosen = words.find((word, i) => spoken === String(i + 1) || spoken === word || spoken === alsoKnown[i])
    if (chosen === undefined) throw unusable(`a number from 1 to ${words.length}, please`, '')
    return chosen
  })
}

async function asked<T>(context: CommandContext, question: string, take: (text: string) => T | Promise<T>): Promise<T> {
  return await untilTaken(context, async () => (await askLine(context.host, question, context.signal)).trim(), take)
}

/** Asks until the answer is taken; one that cannot be used is told why. */
async function untilTaken<T>({ out }: CommandContext, ask: () => Promise<string>, take: (text: string) => T | Promise<T>): Promise<T> {
  for (;;) {
    const text = await ask()
    try {
      return await take(text)
    } catch (error) {
      // Being stopped, and a server that is away, are no answers that could be better.
      if (!(error instanceof UnusableAnswer)) throw error
      out.note(`  ${error.message}`)
    }
  }
}
