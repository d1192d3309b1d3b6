import { EncordError } from '../model/error.ts'
import type { Ticket } from '../model/remote.ts'
import { refusedTickets, TICKETS } from './deadUrls.ts'
import { type EffectTools, TICKET_AGE_MS } from './effectTools.ts'
import { FileChanged } from './fileChanged.ts'
import type { Effect } from './plan/action.ts'
import type { FileRecord, FrameRecord } from './records.ts'
import { sendBody } from './sendBody.ts'
import { stageFrames } from './stageFrames.ts'
import { checkStillComing, keepSha } from './stillComing.ts'
import { ticketFrames } from './ticketFrames.ts'

type Upload = Extract<Effect, { kind: 'upload' }>

/**
 * Asks for the signed URLs of a batch of frames and sends what was not sent yet; of images, stages them.
 * @param files the frames' files as they were planned: a survey may know newer ones by now, and those are no part of this attempt
 * @throws FileChanged the unit's place was given away
 */
export async function sendBatch(
  tools: EffectTools,
  upload: Upload,
  versionId: number,
  files: readonly FileRecord[],
  from: number,
): Promise<void> {
  const { ledger } = tools
  // The signed URLs of a version that was given up went with it.
  checkStillComing(ledger, versionId, upload.unitId, files)
  const inBatch = (): FrameRecord[] => ledger.versions.frames(versionId).slice(from, from + files.length)
  await ticketFrames(
    tools,
    upload.unitKind,
    versionId,
    inBatch().filter((frame) => frame.step === 'planned' || needsTicket(tools, frame)),
  )
  const unsent = inBatch().filter((frame) => frame.step === 'ticket')
  // The first failure is reported once all others in hand have ended, so that nothing goes on behind the executor's back.
  const ends = await Promise.allSettled(unsent.map((frame) => sendFrame(tools, upload, frame, files[frame.ord - from] as FileRecord)))
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  // The slices of a series are named by the call that makes it.
  if (upload.unitKind !== 'image_group') return
  await stageFrames(
    tools,
    versionId,
    inBatch().filter((frame) => frame.step === 'sent' || frame.step === 'staging'),
  )
}

function needsTicket(tools: EffectTools, frame: FrameRecord): boolean {
  if (frame.step !== 'ticket') return false
  const ageMs = frame.ticketAtMs === null ? TICKET_AGE_MS : tools.clock.wallMs() - frame.ticketAtMs
  return frame.ticket === null || ageMs < 0 || ageMs >= TICKET_AGE_MS
}

async function sendFrame(tools: EffectTools, upload: Upload, planned: FrameRecord, file: FileRecord): Promise<void> {
  const { ledger, clock } = tools
  let frame = planned
  for (let attempt = 1; ; attempt++) {
    const mime = file.look !== null && 'mime' in file.look ? file.look.mime : 'application/octet-stream'
    try {
      const sent = await sendBody(tools, upload.unitId, file, JSON.parse(frame.ticket ?? 'null') as Ticket, mime)
      await ledger.commit(() => {
        checkStillComing(ledger, frame.versionId, upload.unitId, [file])
        if (!keepSha(ledger, file, sent.sha256, clock.wallMs())) throw new FileChanged(file.path, 'it changed after it was sent')
        ledger.versions.setFrameSent(frame.versionId, frame.ord, sent.sha256)
      })
      tools.crashPoint('put.done')
      return
    } catch (error) {
      if (!(error instanceof EncordError) || error.kind !== 'dead-url') throw error
      if (attempt >= TICKETS) throw refusedTickets(error)
      await ticketFrames(tools, upload.unitKind, frame.versionId, [frame])
      frame = ledger.versions.frames(frame.versionId)[frame.ord] as FrameRecord
    }
  }
}
