import { EncordError } from '../model/error.ts'
import { nameOf } from '../model/file.ts'
import { unitCommand } from '../model/nextCommand.ts'
import type { Ticket } from '../model/remote.ts'
import { isOfFrames } from '../model/unit.ts'
import { refuseDatarow } from './datarowRefusal.ts'
import type { EffectResult, EffectTools } from './effectTools.ts'
import { isTold } from './isTold.ts'
import { abandonVersion } from './notes.ts'
import type { Effect } from './plan/action.ts'
import { registerCloud } from './registerCloud.ts'
import type { RemoteLink } from './remoteLink.ts'
import { resolveOperation } from './resolve.ts'
import { retitle } from './retitle.ts'
import { keepTicket, uploadFile } from './uploadFile.ts'
import { uploadGroup } from './uploadGroup.ts'
import { watchCalls } from './watchCalls.ts'
import { writeMetadata } from './writeMetadata.ts'

/** What came of an effect: when the unit is to be planned again, and which directory to look at. */
export type Executed = { readonly againInMs: number; readonly look: string | null; readonly patience: 'once-waits' | 'once-leaves' }

/** A single pass makes this many attempts at one call. */
const ATTEMPTS_FOR_ONCE = 5

/**
 * Carries out one effect and writes down what became of it. Errors are sorted by what happens next; anything that is no error of
 * the protocol or the file (a ledger that can't be written, a defect) is thrown on and stops the process.
 */
export async function execute(tools: EffectTools, link: RemoteLink, effect: Effect): Promise<Executed> {
  const tidying = effect.kind === 'write-metadata' || effect.kind === 'retitle'
  const waitMs = tidying ? link.tidyInMs() : 0
  if (waitMs > 0) return { againInMs: waitMs, look: null, patience: 'once-leaves' }
  // While it waited for its turn its unit may have got another name, or come to another folder, which writes its own note.
  if (effect.kind === 'write-metadata' && !tools.stillPlanned(effect)) return executed({ kind: 'again' })
  try {
    const { remote, answered } = watchCalls(tools.remote)
    const result = await carryOut({ ...tools, remote }, effect)
    // What turned out to be settled without a call has not shown that the server is back.
    if (answered.size > 0) link.succeeded()
    if (tidying && answered.has('updateRow')) link.tidied()
    return executed(result)
  } catch (error) {
    if (!(error instanceof EncordError)) throw error
    if (tools.signal.aborted) return { againInMs: 0, look: null, patience: 'once-leaves' }
    if (tidying && error.kind !== 'credentials') return await tidyFailed(tools, link, error)
    return await failed(tools, link, effect, error)
  }
}

function carryOut(tools: EffectTools, effect: Effect): Promise<EffectResult> {
  switch (effect.kind) {
    case 'upload': {
      const { via } = tools.policy
      if (via.kind === 'cloud') return registerCloud(tools, effect, via)
      return isOfFrames(effect.unitKind) ? uploadGroup(tools, effect) : uploadFile(tools, effect)
    }
    case 'resolve':
      return resolveOperation(tools, effect.operationId, effect.versionId)
    case 'retitle':
      return retitle(tools, effect)
    case 'write-metadata':
      return writeMetadata(tools, effect.versionId)
  }
}

function executed(result: EffectResult): Executed {
  switch (result.kind) {
    case 'again':
      return { againInMs: 0, look: null, patience: 'once-waits' }
    case 'look':
      return { againInMs: 0, look: result.dir, patience: 'once-waits' }
    case 'later':
      return { againInMs: result.forMs, look: null, patience: result.patience ?? 'once-waits' }
  }
}

async function failed(tools: EffectTools, link: RemoteLink, effect: Effect, error: EncordError): Promise<Executed> {
  const { ledger, folder, log, clock } = tools
  const unit = ledger.units.get(effect.unitId)
  const attempts = (unit?.attempts ?? 0) + 1
  const backoffMs = link.failed(error, attempts)
  if (unit === null) return { againInMs: 0, look: null, patience: 'once-leaves' }
  const at = clock.wallMs()
  if (error.kind === 'this-file' && effect.kind === 'upload') {
    const isRejected = await ledger.commit(() => {
      for (const version of ledger.versions.ofUnit(unit.id)) {
        if (version.role === 'coming') abandonVersion({ ledger, log, wallMs: () => at }, folder, version.id, error.message)
      }
      // A survey or a person opened it again meanwhile: the refusal is about what was sent, and not about what is there now.
      if (ledger.units.get(unit.id)?.work !== 'queued') return false
      ledger.units.setWork(unit.id, 'rejected', `Encord refused it: ${error.word ?? error.message}`, at)
      return true
    })
    if (!isRejected) return { againInMs: 0, look: null, patience: 'once-waits' }
    log.emit('unit.rejected', {
      folder: folder.path,
      path: unit.key,
      why: error.message,
      next: unitCommand('retry', folder.path, unit.key),
    })
    return { againInMs: 0, look: null, patience: 'once-leaves' }
  }
  if (error.kind === 'credentials' || error.kind === 'not-allowed') {
    await ledger.commit(() => {
      // A survey may have opened it meanwhile: a file that came into its group is still to be read.
      const work = ledger.units.get(unit.id)?.work ?? 'none'
      ledger.units.setWork(unit.id, work === 'none' ? 'none' : 'waiting', `the key was refused: ${error.word ?? error.message}`, at)
    })
    return { againInMs: backoffMs, look: null, patience: 'once-leaves' }
  }
  await ledger.commit(() => ledger.units.setWork(unit.id, 'failed', error.message, at, attempts, at + backoffMs))
  if (isTold(attempts))
    log.emit('unit.failed', { folder: folder.path, path: unit.key, why: error.message, attempt: attempts, retryInMs: backoffMs })
  return { againInMs: backoffMs, look: null, patience: attempts < ATTEMPTS_FOR_ONCE ? 'once-waits' : 'once-leaves' }
}

/**
 * A title or note on a synced row that could not be written: the unit stays synced. A server that says it has no such call, and never
 * once took one, is taken at its word; whatever else it says may be over in a while.
 */
async function tidyFailed(tools: EffectTools, link: RemoteLink, error: EncordError): Promise<Executed> {
  const { ledger, folder, log } = tools
  const verdict = link.tidyFailed(error)
  // That the server is away was said already.
  if (link.failures() === 0)
    log.emit('call.failed', {
      call: error.call,
      kind: error.kind,
      outcome: error.outcome,
      why: error.message,
      retryInMs: verdict.againInMs,
    })
  if (verdict.kind === 'no-such-call') {
    await ledger.commit(() => refuseDatarow(tools, folder, tools.clock.wallMs()))
    return { againInMs: 0, look: null, patience: 'once-waits' }
  }
  return { againInMs: verdict.againInMs, look: null, patience: verdict.kind === 'again' ? 'once-waits' : 'once-leaves' }
}

/**
 * Asks for the signed URLs of several images in one call and keeps them before a byte leaves. A refusal is left to each file's own
 * upload, which asks for its own.
 */
export async function ticketImages(
  tools: EffectTools,
  link: RemoteLink,
  uploads: readonly Extract<Effect, { kind: 'upload' }>[],
): Promise<void> {
  const { ledger } = tools
  if (tools.policy.via.kind === 'cloud') return
  const needy = uploads.filter((upload) => !ledger.versions.ofUnit(upload.unitId).some((version) => version.role === 'coming'))
  if (needy.length < 2) return
  try {
    const tickets = await tools.inSlot(0, () =>
      tools.remote.imageTickets(
        needy.map((upload) => nameOf(upload.key)),
        { signal: tools.signal },
      ),
    )
    await ledger.commit(() => {
      needy.forEach((upload, i) => {
        if (ledger.tree.file(upload.fileIds[0] ?? -1)?.unitId === upload.unitId)
          keepTicket(tools, upload, upload.sizeBytes, tickets[i] as Ticket)
      })
    })
    tools.crashPoint('ticket.kept')
  } catch (error) {
    if (!(error instanceof EncordError)) throw error
    link.failed(error, 0)
  }
}
