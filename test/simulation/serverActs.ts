import { contentOf } from './content.ts'
import type { VirtualServer } from './virtualServer.ts'
import type { WorldEvent } from './worldEvent.ts'

export type ServerTools = {
  server(): VirtualServer
  later(ms: number, then: () => void): void
  /** The dataset of the folder that a path lies in, and the path there. */
  placeOf(at: string): { readonly dataset: string; readonly path: string }
}

/** What befalls the server, or others do there. @returns false for an event that is about something else */
export function actOnServer(tools: ServerTools, event: WorldEvent): boolean {
  const { later } = tools
  const server = tools.server()
  switch (event.do) {
    case 'serverDate':
      server.dateOffMs = event.ms
      later(event.forMs, () => {
        server.dateOffMs = 0
      })
      return true
    case 'fault':
      server.plan(event.call, event.mishap, event.times, event.retryAfterMs)
      return true
    case 'listing':
      server.planListing(event.how, event.times)
      return true
    case 'down':
      server.isDown = true
      later(event.forMs, () => {
        server.isDown = false
      })
      return true
    case 'badKey':
      server.isKeyGood = false
      later(event.forMs, () => {
        server.isKeyGood = true
      })
      return true
    case 'badTitles':
      server.refusePathTitles()
      return true
    case 'otherAdds': {
      const { dataset, path } = tools.placeOf(event.at)
      const { sha256, bytes } = contentOf(event.content)
      server.addForeign(dataset, path, sha256, bytes.length)
      return true
    }
    case 'otherRemoves': {
      const rows = [...server.rows.values()].filter((row) => row.goneMs === null)
      const row = rows[event.nth % Math.max(1, rows.length)]
      if (row !== undefined) server.removeForeign(row)
      return true
    }
    default:
      return false
  }
}
