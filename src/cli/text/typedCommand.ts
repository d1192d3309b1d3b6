import { shellWord } from '../../config/place.ts'

const NEXT_COMMAND = /^(\s+(?:next: )?encord-sync) (?=[a-z])(?!.*--(?:help|config))/gm

/**
 * A text for people in which the next commands name the config that this one was given: without it they would look at another ledger.
 * Those are the commands that begin an indented line, or follow its `next:`.
 * @param configFile as it was typed; null when it was not
 */
export function withConfig(text: string, configFile: string | null): string {
  return configFile === null ? text : text.replace(NEXT_COMMAND, (_, start: string) => `${start} --config ${shellWord(configFile)} `)
}

/** What `--config` was given among these words; null when it was not. */
export function typedConfig(words: readonly string[]): string | null {
  const at = words.indexOf('--config')
  if (at >= 0) return words[at + 1] ?? null
  return words.find((word) => word.startsWith('--config='))?.slice('--config='.length) ?? null
}
