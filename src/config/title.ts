/** What to write, for messages. */
export const TITLE_FORM = 'path, name, or a template in quotes such as "{dir}/{stem}"'

const PLACEHOLDERS = ['dir', 'stem', 'name', 'parent', 'date', 'host']

/** `folders[].title` as it is written, without what a template is filled in with. */
type ParsedTitle = { readonly kind: 'path' | 'name' } | { readonly kind: 'template'; readonly template: string }

/** `folders[].title`, or what is wrong with it. */
export function parseTitle(text: string): ParsedTitle | { readonly problem: string } {
  if (text === 'path' || text === 'name') return { kind: text }
  const used = [...text.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1] ?? '')
  if (used.length === 0) return { problem: `expected ${TITLE_FORM}` }
  const unknown = used.filter((name) => !PLACEHOLDERS.includes(name))
  if (unknown.length > 0 || /[{}]/.test(text.replaceAll(/\{[^{}]*\}/g, ''))) {
    return { problem: `a template knows ${PLACEHOLDERS.map((name) => `{${name}}`).join(' ')} and no other braces` }
  }
  return { kind: 'template', template: text }
}
