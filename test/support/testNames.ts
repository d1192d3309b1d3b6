/** Does this file of tests hold one of that name (as it is written there, with its `%s` and `$word`), or one whose name begins so? */
export function namesTest(source: string, name: string): boolean {
  const code = source.replace(/^\s*\/\/.*$/gm, '')
  const written = [`'${name.replaceAll("'", "\\'")}`, `"${name}`, `\`${name}`]
  return written.some((one) => code.includes(one))
}
