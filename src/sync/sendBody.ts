import { EncordError } from '../model/error.ts'
import { inTime } from '../model/inTime.ts'
import type { Ticket } from '../model/remote.ts'
import { DISK_ANSWERS_MS } from './diskTrouble.ts'
import type { EffectTools } from './effectTools.ts'
import { FileChanged } from './fileChanged.ts'
import type { OpenedFile, SentBody } from './ports.ts'
import type { FileRecord } from './records.ts'
import { keepSha } from './stillComing.ts'

/**
 * Opens a file as the one that was scanned; always closes it.
 * @throws FileChanged it is another one by now
 * @throws EncordError `local` the disk or the machine does not let it be read, which may pass
 */
export async function withFile<T>(tools: EffectTools, file: FileRecord, use: (opened: OpenedFile) => Promise<T>): Promise<T> {
  const opening = tools.disk.openRegular(tools.folder.path, file.path, file.stamp)
  const opened = await inTime(tools.clock, DISK_ANSWERS_MS, opening, null)
  if (opened === null) {
    void opening.then((late) => ('kind' in late ? undefined : late.close())).catch(() => undefined)
    throw unreadable(file, 'ETIMEDOUT')
  }
  if ('kind' in opened && opened.kind === 'unreadable') throw unreadable(file, opened.errno)
  if ('kind' in opened) throw new FileChanged(file.path, `it could not be opened as it was scanned (${opened.kind}, ${opened.errno})`)
  try {
    return await use(opened)
  } finally {
    // A read that never ends keeps its descriptor; it must not keep the slot as well.
    await inTime(tools.clock, DISK_ANSWERS_MS, opened.close(), undefined)
  }
}

/**
 * PUTs one file to its signed URL. What was sent is what was scanned: size, times and inode of the descriptor and of the path are
 * compared once more after the last byte.
 * @throws FileChanged the bytes that left are not to be registered
 * @throws EncordError `dead-url` the ticket is of no use any more; `local` the file is what it was, and could not be read
 */
export async function sendBody(tools: EffectTools, unitId: number, file: FileRecord, ticket: Ticket, mime: string): Promise<SentBody> {
  let counted = 0
  const sent = await tools.inSlot(file.stamp.sizeBytes, () =>
    withFile(tools, file, async (opened) => {
      try {
        const body = await tools.remote.put(ticket, opened, mime, {
          signal: tools.signal,
          onBytes: (bytes) => {
            tools.onBytes(unitId, bytes - counted)
            counted = bytes
          },
        })
        const isUnchanged = await inTime(tools.clock, DISK_ANSWERS_MS, opened.unchanged(), null)
        if (isUnchanged === null) throw unreadable(file, 'ETIMEDOUT')
        if (!isUnchanged) throw new FileChanged(file.path, 'it changed while it was sent')
        return body
      } catch (error) {
        if (isLocal(error) && !(await inTime(tools.clock, DISK_ANSWERS_MS, opened.unchanged(), true)))
          throw new FileChanged(file.path, error.message)
        throw error
      }
    }),
  )
  if (file.sha256 !== null && file.sha256 !== sent.sha256) {
    // Rewritten within one tick of the file system's clock, or through a mapping: the same stamp, other bytes. What it holds now decides anew.
    await tools.ledger.commit(() => keepSha(tools.ledger, file, sent.sha256, tools.clock.wallMs()))
    throw new FileChanged(file.path, 'its content is not what it was when it was hashed')
  }
  return sent
}

/** Is it the disk or the machine that did not let the file be read? */
export function isLocal(error: unknown): error is EncordError {
  return error instanceof EncordError && error.kind === 'local'
}

function unreadable({ path }: FileRecord, errno: string): EncordError {
  return new EncordError('local', { call: path, outcome: 'not-done', message: `the file could not be read (${errno})` })
}
