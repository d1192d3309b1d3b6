import type { Scalar } from 'yaml'
import type { ConfigDocument } from './document.ts'
import type { Problem } from './problem.ts'

/** What became of the `${NAME}` of a config. */
export type Substitution = {
  readonly problems: ReadonlyMap<Scalar, Problem>
  /** The values that come from the environment alone, as opposed to those written out in the file. */
  readonly fromEnvironment: ReadonlySet<Scalar>
}

const REFERENCE = /\$\{([^}]*)\}?/g
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/**
 * Replaces each `${NAME}` in the values (never in keys) by the variable, as text that YAML does not look at again. A variable that is unset or
 * empty is a problem, never an empty text; so is any other form such as `${NAME:-x}`.
 */
export function substituteEnvironment(document: ConfigDocument, env: NodeJS.ProcessEnv): Substitution {
  const problems = new Map<Scalar, Problem>()
  const fromEnvironment = new Set<Scalar>()
  for (const node of document.texts) {
    const written = node.value
    if (!written.includes('${')) continue
    const filled = written.replaceAll(REFERENCE, (whole, name: string) => {
      const value = NAME.test(name) && whole.endsWith('}') ? env[name] : undefined
      if (value !== undefined && value !== '') return value
      problems.set(node, { ...document.atNode(node), message: problemOf(whole, name, value) })
      return whole
    })
    node.value = filled
    if (written.replaceAll(REFERENCE, '').trim() === '') fromEnvironment.add(node)
  }
  return { problems, fromEnvironment }
}

function problemOf(whole: string, name: string, value: string | undefined): string {
  if (!NAME.test(name) || !whole.endsWith('}')) return `only \${NAME} is known here: letters, digits and _, no default`
  return value === '' ? `the environment variable ${name} is empty` : `the environment variable ${name} is not set`
}
