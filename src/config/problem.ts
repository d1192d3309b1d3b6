import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'

/** Where in the config: keys and positions of lists, from the top. */
export type KeyPath = readonly (string | number)[]

/** Something wrong in the config. `line` and `column` count from 1; `message` repeats no value, since a value may be a secret. */
export type Problem = { readonly line: number; readonly column: number; readonly message: string }

/** A config that can't be used, with everything that is wrong with it. */
export class ConfigError extends UserError {
  readonly file: string
  readonly problems: readonly Problem[]
  constructor(file: string, problems: readonly Problem[]) {
    const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
    const head = sorted.length === 1 ? 'the config has a problem' : `the config has ${sorted.length} problems`
    super(EXIT.usage, {
      what: [`${head}:`, ...sorted.map((problem) => `  ${problemLine(file, problem)}`)].join('\n'),
      notDone: 'nothing was started or sent',
      next: 'encord-sync config check',
    })
    this.file = file
    this.problems = sorted
  }
}

/** `file:line:column: message`, the form that editors and terminals turn into a link. */
export function problemLine(file: string, { line, column, message }: Problem): string {
  return `${file}:${line}:${column}: ${message}`
}

/** `folders[0].deletes.grace` */
export function keyName(path: KeyPath): string {
  return path.reduce<string>((name, key) => (typeof key === 'number' ? `${name}[${key}]` : name === '' ? key : `${name}.${key}`), '')
}
