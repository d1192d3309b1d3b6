import type { LocalApi } from '../control/api.ts'
import { outdateLooks } from '../sync/oldLooks.ts'
import { acceptFolder } from './acceptFolder.ts'
import { acceptLedger } from './acceptLedger.ts'
import { adoptUnits } from './adoptUnits.ts'
import type { ChangeParts } from './changeParts.ts'
import { approveBatch, rejectBatch } from './decideBatch.ts'
import { folderNamed } from './place.ts'
import type { Queries } from './queries.ts'
import { lookForRows, retryUnits } from './retryUnits.ts'
import { signDecision } from './signDecision.ts'

/** The writing half of the local interface. */
export type Changes = Omit<LocalApi, keyof Queries>

/** Carries out what a person decided: one transaction each, then the engine is told to look. */
export function changes(parts: ChangeParts): Changes {
  return {
    async retry(ask) {
      const read = await lookForRows(parts, ask.paths)
      return { units: retryUnits(parts, { ...ask, read }) }
    },
    approve: async (ask) => approveBatch(parts, ask),
    reject: async ({ id }) => {
      const { kept, folderId } = rejectBatch(parts, id)
      await signDecision(parts, [{ id: folderId }])
      return { kept }
    },
    pause: async ({ folder, forMs }) => {
      const untilMs = forMs === null ? null : parts.wallMs() + forMs
      return { folders: await setPaused(parts, folder, { untilMs }), untilMs }
    },
    resume: async ({ folder }) => ({ folders: await setPaused(parts, folder, null) }),
    reload: () => parts.reload(),
    acceptFolder: ({ folder }) => acceptFolder(parts, folder),
    acceptLedger: () => acceptLedger(parts),
    adopt: (ask) => adoptUnits(parts, ask),
  }
}

/** @returns the folders that were not so before */
async function setPaused(
  parts: ChangeParts,
  given: string | null,
  asked: { readonly untilMs: number | null } | null,
): Promise<readonly string[]> {
  const { ledger, poke, wallMs } = parts
  const meant = given === null ? ledger.folders.all() : [folderNamed(ledger, given)]
  const changed = meant.filter((folder) => folder.paused !== (asked !== null) || folder.pausedUntilMs !== (asked?.untilMs ?? null))
  ledger.now(() => {
    for (const { id } of changed) {
      ledger.folders.setPaused(id, asked, wallMs())
      if (asked === null) outdateLooks(ledger, id)
    }
  })
  await signDecision(parts, changed)
  for (const folder of changed) poke(folder.id)
  return changed.map((folder) => folder.path)
}
