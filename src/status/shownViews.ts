import type { FolderIdentityView, HeldBatch, StatusView } from '../control/api.ts'

/*
 * What is shown with the token, and without it. Every local user reaches a loopback port; without the token there are folders, states and
 * numbers, and null where a name of a single file stands or may stand. A full view is a shown view in which nothing is hidden.
 */

type Hidden<T, Key extends keyof T> = Omit<T, Key> & { readonly [K in Key]: T[K] | null }

export type ShownStatus = Omit<Hidden<StatusView, 'ledger'>, 'uploads' | 'attention'> & {
  readonly uploads: readonly Hidden<StatusView['uploads'][number], 'path'>[]
  readonly attention: readonly Hidden<StatusView['attention'][number], 'what'>[]
}

export type ShownBatch = Omit<Hidden<HeldBatch, 'why'>, 'units'> & {
  readonly units: readonly Hidden<HeldBatch['units'][number], 'path' | 'dataHash' | 'title' | 'missing'>[]
}

export type ShownFolder = Hidden<FolderIdentityView, 'mounts'>

/** The status without names of files. What needs a person may name one, so only its command is left. */
export function hideInStatus(view: StatusView): ShownStatus {
  return {
    ...view,
    ledger: null,
    config: view.config === null ? null : { ...view.config, problem: view.config.problem === null ? null : 'see `encord-sync status`' },
    // Why it failed is the server's word, and may be anything.
    verified:
      view.verified === null ? null : { ...view.verified, failed: view.verified.failed === null ? null : 'see `encord-sync status`' },
    uploads: view.uploads.map((upload) => ({ ...upload, path: null })),
    attention: view.attention.map(({ next }) => ({ what: null, next })),
  }
}

/** Held deletes without names of files: how many, since when, and what decides about them. */
export function hideInDeletes(batches: readonly HeldBatch[]): readonly ShownBatch[] {
  return batches.map((batch) => ({
    ...batch,
    why: null,
    units: batch.units.map((unit) => ({ ...unit, path: null, dataHash: null, title: null, missing: null })),
  }))
}

/** Folders without the places inside them. */
export function hideInFolders(folders: readonly FolderIdentityView[]): readonly ShownFolder[] {
  return folders.map((folder) => ({ ...folder, mounts: null }))
}
