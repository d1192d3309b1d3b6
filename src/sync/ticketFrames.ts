import type { Ticket } from '../model/remote.ts'
import type { UnitKind } from '../model/unit.ts'
import type { EffectTools } from './effectTools.ts'
import type { FrameRecord } from './records.ts'

/** Gives frames new signed URLs, and keeps them before a byte leaves. */
export async function ticketFrames(tools: EffectTools, kind: UnitKind, versionId: number, frames: readonly FrameRecord[]): Promise<void> {
  if (frames.length === 0) return
  const { remote } = tools
  const ask = kind === 'dicom_series' ? remote.dicomTickets : remote.imageTickets
  const tickets = await tools.inSlot(0, () =>
    ask(
      frames.map((frame) => frame.name),
      { signal: tools.signal },
    ),
  )
  await tools.ledger.commit(() => {
    frames.forEach((frame, i) => {
      const ticket = tickets[i] as Ticket
      tools.ledger.versions.setFrameTicket(versionId, frame.ord, ticket.data_hash, JSON.stringify(ticket), tools.clock.wallMs())
    })
  })
  tools.crashPoint('ticket.kept')
}
