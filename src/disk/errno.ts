/** The errno word of a failed system call ('ENOENT', 'EACCES' …), or the error's name where it has none. */
export function errnoOf(error: unknown): string {
  if (error instanceof Error) {
    const code = (error as NodeJS.ErrnoException).code
    return typeof code === 'string' ? code : error.name
  }
  return 'UNKNOWN'
}
