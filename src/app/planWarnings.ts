import type { RelPath } from '../model/file.ts'
import type { FolderPolicy } from '../model/folder.ts'
import type { Limits } from '../model/limits.ts'
import { PATIENT_DATA } from '../model/patientData.ts'
import type { Ledger } from '../store/openLedger.ts'
import type { Action } from '../sync/plan/action.ts'
import type { FileRecord } from '../sync/records.ts'
import { batchWarning, limitWarnings } from './limitWarnings.ts'

/** Something about a unit that is about to be sent, and that its owner may not expect. */
export type PlanWarning = { readonly path: RelPath; readonly text: string }

/** What a person should know before these steps are carried out; `path` is '' for what is about all of them. */
export function planWarnings(
  ledger: Ledger,
  policy: FolderPolicy,
  limits: Limits | null,
  steps: readonly Action[],
): readonly PlanWarning[] {
  const uploads = steps.flatMap((step) => (step.kind === 'upload' ? [step] : []))
  const batch = batchWarning(limits, uploads.length)
  return [
    ...(batch === null ? [] : [{ path: '', text: batch }]),
    ...(uploads.some(({ unitKind }) => unitKind === 'dicom_series') ? [{ path: '', text: PATIENT_DATA }] : []),
    ...uploads.flatMap(({ key, unitKind, fileIds }) => {
      const files = fileIds.flatMap((id) => ledger.tree.file(id) ?? [])
      const sizes = unitKind === 'image_group' && policy.subdirectories === 'sequence' ? sizesText(files) : null
      return [...(sizes === null ? [] : [sizes]), ...limitWarnings(limits, files)].map((text) => ({ path: key, text }))
    }),
  ]
}

/** A sequence is a video, so Encord makes one for each size of its images. Null: they are all of one size, or nothing is known. */
function sizesText(files: readonly FileRecord[]): string | null {
  const counts = new Map<string, number>()
  for (const { look } of files) {
    if (look === null || !('pixels' in look) || look.pixels === undefined) continue
    const size = `${look.pixels.width}x${look.pixels.height}`
    counts.set(size, (counts.get(size) ?? 0) + 1)
  }
  if (counts.size < 2) return null
  const named = [...counts].toSorted(([, a], [, b]) => b - a).map(([size, count]) => `${count} of ${size}`)
  const shown = named.length <= 4 ? named.join(', ') : `${named.slice(0, 3).join(', ')}, …`
  return `its images differ in size (${shown}): Encord makes ${counts.size} rows of it`
}
