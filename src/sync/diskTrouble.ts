/** A disk that answers at all answers within this time, ms: a share that is dead answers nothing, not even that. */
export const DISK_ANSWERS_MS = 20_000

/** The machine's own trouble, or a file that changed under the reader: it says nothing lasting about the file, and is asked again. */
const PASSING = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EINTR', 'ESTALE'])
/** A share that is away for a while, a disk that fails in places: no change of the file would tell that it can be read again. */
const OF_DISK = new Set([
  'EIO',
  'ETIMEDOUT',
  'EREMOTEIO',
  'ENOTCONN',
  'ECONNRESET',
  'ECONNABORTED',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'EBUSY',
  'ENOLCK',
])

/** What an errno says of a file that could not be read: nothing, that its disk fails, or that it can't be read. */
export function troubleOf(errno: string): 'passing' | 'disk' | 'file' {
  if (PASSING.has(errno)) return 'passing'
  return OF_DISK.has(errno) ? 'disk' : 'file'
}
