import { EncordError } from '../model/error.ts'
import type { Ticket } from '../model/remote.ts'
import type { EffectTools } from './effectTools.ts'
import type { FrameRecord } from './records.ts'
import { ticketFrames } from './ticketFrames.ts'

/** Staging is invisible and may be repeated; a batch that is refused is staged frame by frame, to name the bad one. */
export async function stageFrames(tools: EffectTools, versionId: number, frames: readonly FrameRecord[]): Promise<void> {
  if (frames.length === 0) return
  const { ledger, clock } = tools
  const step = (to: 'staging' | 'staged', which: readonly FrameRecord[]): Promise<void> =>
    ledger.commit(() => {
      for (const frame of which) ledger.versions.setFrameStep(versionId, frame.ord, to)
    })
  const operationId = await ledger.commit(() => {
    for (const frame of frames) ledger.versions.setFrameStep(versionId, frame.ord, 'staging')
    return ledger.operations.intend(versionId, 'stage', clock.wallMs(), null, null)
  })
  tools.crashPoint('stage.intended')
  const tickets = frames.map((frame) => JSON.parse(frame.ticket ?? 'null') as Ticket)
  try {
    await tools.inSlot(0, () => tools.remote.stageImages(tickets))
  } catch (error) {
    await ledger.commit(() => ledger.operations.end(operationId, 'not-applied', clock.wallMs()))
    // Staging is invisible and may be repeated: whatever a server has against the batch call, the call for one frame may do.
    if (!(error instanceof EncordError) || error.kind === 'credentials' || tools.signal.aborted) throw error
    await stageOneByOne(tools, versionId, frames, tickets)
    return
  }
  tools.crashPoint('stage.answered')
  await ledger.commit(() => ledger.operations.end(operationId, 'done', clock.wallMs()))
  await step('staged', frames)
}

async function stageOneByOne(
  tools: EffectTools,
  versionId: number,
  frames: readonly FrameRecord[],
  tickets: readonly Ticket[],
): Promise<void> {
  const lost: FrameRecord[] = []
  for (const [i, frame] of frames.entries()) {
    try {
      await tools.inSlot(0, () => tools.remote.stageImage(tickets[i] as Ticket))
    } catch (error) {
      if (!(error instanceof EncordError)) throw error
      if (error.kind === 'look-first') {
        lost.push(frame)
        continue
      }
      if (error.kind !== 'this-file') throw error
      throw new EncordError('this-file', {
        call: error.call,
        outcome: 'not-done',
        word: error.word,
        message: `frame ${frame.name} was refused: ${error.word ?? ''}`,
      })
    }
    await tools.ledger.commit(() => tools.ledger.versions.setFrameStep(versionId, frame.ord, 'staged'))
  }
  const [first] = lost
  if (first === undefined) return
  // The server does not know these uploads any more: other tickets, other PUTs.
  await ticketFrames(tools, 'image_group', versionId, lost)
  const message = `${lost.length} frames have to be sent again, ${first.name} the first of them`
  throw new EncordError('transient', { call: 'image PUT', outcome: 'not-done', message })
}
