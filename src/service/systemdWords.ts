/**
 * A word of a list in a unit file (systemd.syntax(7)): quoted where it has to be, `%` doubled since it starts a specifier.
 * Line breaks are escaped: a path can't add a setting.
 */
export function systemdWord(text: string): string {
  const plain = text.replaceAll('%', '%%')
  if (/^[\w@+=:,./%-]+$/.test(plain)) return plain
  const escaped = plain
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\r', '\\r')
  return `"${escaped}"`
}

/** The same for a command line, where `$` starts a variable too (systemd.service(5)). */
export function commandWord(text: string): string {
  return systemdWord(text.replaceAll('$', '$$$$'))
}

/** The unit of a mount point (systemd.unit(5), string escaping for paths). */
function mountUnit(path: string): string {
  const bytes = Buffer.from(path.replace(/^\/+|\/+$/g, ''), 'utf8')
  let name = ''
  for (const [i, byte] of bytes.entries()) {
    const letter = String.fromCharCode(byte)
    if (letter === '/') name += '-'
    else if (/[A-Za-z0-9:_]/.test(letter) || (letter === '.' && i > 0)) name += letter
    else name += `\\x${byte.toString(16).padStart(2, '0')}`
  }
  return `${name}.mount`
}

/** The units of all mounts that a path may lie on, but for the root: the path itself and what is above it. */
export function mountUnitsOf(path: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '')
  return parts.map((_, i) => mountUnit(parts.slice(0, parts.length - i).join('/')))
}
