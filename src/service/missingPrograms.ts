import { accessSync, constants, existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What a unit of ours starts and what is not there any more: its script, or a `node` in any place of its search path. A removed
 * version of a version manager takes both away.
 */
export function missingPrograms(unitText: string): readonly string[] {
  const script = /(?:"((?:[^"\\]|\\.)*\/cli\/main\.js)"|(\/\S+\/cli\/main\.js))(?=\s|<)/.exec(unitText.replaceAll('<string>', ' '))
  const path = /PATH=([^"\n]*)|<key>PATH<\/key>\s*<string>([^<]*)</.exec(unitText)
  const missing: string[] = []
  const file = plain(script?.[1] ?? script?.[2] ?? '')
  if (file !== '' && !existsSync(file)) missing.push(file)
  const places = plain(path?.[1] ?? path?.[2] ?? '').split(':')
  if (path !== null && !places.some((place) => isProgram(join(place, 'node')))) missing.push(`node (in ${places.join(':')})`)
  return missing
}

function plain(word: string): string {
  return word.replaceAll('%%', '%').replaceAll('$$', '$').replace(/\\(.)/g, '$1')
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
