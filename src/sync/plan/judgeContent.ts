import type { RelPath } from '../../model/file.ts'
import { unitCommand } from '../../model/nextCommand.ts'
import type { BatchRecord, FileRecord } from '../records.ts'
import { type CandidateView, type DeleteContext, hold, type Verdict, wait } from './deleteView.ts'
import { wentBack } from './evidence.ts'
import { standsSince } from './standsSince.ts'
import { unitContent } from './unitContent.ts'

/** What is said of an older row whose content was put back, and sent again. */
const CONTENT_BACK = 'its content stands at its own path again, with a newer row: this one may carry the work'

/** Was this said when a person decided? Whatever was decided before is of a content that was gone. */
export function isOfContentBack(batch: Pick<BatchRecord, 'why'> | null): boolean {
  return batch?.why === CONTENT_BACK
}

/** What is said of a row that may belong to the file that another one followed. */
const LEFT_BEHIND =
  'of what went with its content fewer came elsewhere, or what came was changed there since: this row may be that of one which came'
/** Unchanged this often, the parent directory's ctime says that nothing was unlinked. */
const UNCHANGED_PARENT = 3

/** Rules 4 and 6: the parent's times, and no move. */
export function judgeContent(view: CandidateView, approved: boolean, context: DeleteContext): Verdict | null {
  const { candidate } = view
  if (view.unsettled !== null) return wait('move', unsettledWords(view.unsettled, context), 1_000, false)
  if (candidate.why === 'superseded') {
    if (view.successor === null || view.successor.remote !== 'live')
      return wait('successor', 'the newer version is not in the dataset yet', null, false)
    // A registration that lies in the future was written with a wrong clock, and no time can be set against it.
    const liveAtMs = view.successor.liveAtMs ?? 0
    if (view.successor.listedAtMs === null || (view.successor.listedAtMs < liveAtMs && liveAtMs <= context.now.wallMs)) {
      return wait('successor', 'the newer version was not seen in a listing yet', 0, false)
    }
    if (unitContent(view.files, view.unit) !== view.successor.content)
      return wait('successor', 'what stands at its path now is not the newer version', null, false)
    if (view.successor.content === view.version.content && !(approved && isOfContentBack(view.batch)))
      return hold('came-back', CONTENT_BACK)
    if (approved) return judgeNewCopy(view)
    if (view.copies.length > 0) return hold('copy-exists', `the older content still stands at ${view.copies[0]?.path}`)
    return judgeGone(view) ?? judgeCopied(view)
  }
  if (candidate.why !== 'absent') return null
  if (approved) return judgeNewCopy(view)
  const older = view.files.find((file) => file.absence !== null && wentBack(file.absence))
  if (older !== undefined) return hold('parent-older', olderWords(older.path))
  const unchanged = view.files.find((file) => (file.absence?.unchanged ?? 0) >= UNCHANGED_PARENT)
  if (unchanged !== undefined)
    return hold('parent-unchanged', `nothing was ever removed from the directory of ${unchanged.path}, says its time of change`)
  if (view.files.some((file) => (file.absence?.unchanged ?? 0) > 0)) {
    return wait('parent-unchanged', 'its directory says that nothing was removed; looked at again', 0, true)
  }
  return judgeCopies(view)
}

/** Rule 6: of two rows of one content the older one may carry the work, and stays; so does one of which nothing says that it is the younger. */
function judgeCopies(view: CandidateView): Verdict | null {
  const gone = judgeGone(view)
  if (gone !== null) return gone
  const since = standsSince(view)
  const copy = view.copies.find((file) => since === null || file.firstScan > since)
  if (copy === undefined) return judgeCopied(view)
  const which = since === null ? ', and nothing says which of the two is older' : ', which came later'
  return hold('copy-exists', `the same content stands at ${copy.path}${which}; this row may carry the work`)
}

/** It went elsewhere with its file, as far as anything tells, and that may hold something else by now. */
function judgeGone({ isLeftBehind, wentTo: [file], contents }: CandidateView): Verdict | null {
  if (isLeftBehind) return hold('left-behind', LEFT_BEHIND)
  if (file === undefined) return null
  if (file.sha256 !== null && contents.includes(file.sha256))
    return hold('edited', `its file went to ${file.path}: this row may go with that`)
  return hold('edited', `its file went to ${file.path}, and was changed there: this row is an older version of that`)
}

/** An approval is of what stood elsewhere then: a copy that came, or was noticed, later is shown to a person first. */
function judgeNewCopy({ copies, wentTo, approvedCopies }: CandidateView): Verdict | null {
  const isNew = ({ id }: FileRecord): boolean => !approvedCopies.includes(id)
  const copy = copies.find(isNew)
  const found = copy ?? wentTo.find(isNew)
  if (found === undefined) return null
  const what = copy === undefined ? 'its file' : 'the same content'
  return hold('copy-exists', `${what} was found at ${found.path} after this was approved; this row may carry the work`)
}

/** It may wait for a person itself, as in a group with an empty frame: what it waits for is said there. */
function unsettledWords({ folderId, path, sha256 }: FileRecord, { folder, others }: DeleteContext): string {
  const why = sha256 === null ? 'has the same size and is not hashed yet' : 'has the same content and no row of its own yet'
  const home = others.find(({ id }) => id === folderId) ?? folder
  return `${path} ${why}: it may be a move. What that waits for: \`${unitCommand('why', home.path, path)}\``
}

/** It was a copy that its row went to, as far as anything tells. */
function judgeCopied({ copiedFrom: from }: CandidateView): Verdict | null {
  if (from === null) return null
  // A unit that lost its place to another one has none that a person knows.
  const place = from.startsWith('\u0000') ? 'another place' : from
  return hold(
    'copied',
    `its row came from ${place} as to a copy: the original may have been edited, or renamed, since, and this row may be of that`,
  )
}

function olderWords(path: RelPath): string {
  return `the directory of ${path} changed longer ago than when it still held the file: it may have been put back to a snapshot`
}
