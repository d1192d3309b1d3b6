import { closeSync, fsyncSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { LoadedConfig } from '../config/loadedConfig.ts'
import type { DatasetCalls } from './datasetCalls.ts'
import { type PlanTools, planRun } from './planRun.ts'

/** What a key opens. */
export type DatasetLook = {
  /** Of the key: `dataset`, `project` … */
  readonly resourceType: string
  readonly dataset: string
  readonly title: string
  readonly storage: string
  readonly rows: number
}

/** Asks the server what the key is for, then reads the dataset. @throws EncordError */
export async function lookAtDataset(calls: DatasetCalls): Promise<DatasetLook> {
  const { resourceType } = await calls.keyMeta()
  const { dataset, title, storage, rows } = await calls.listing()
  return { resourceType, dataset, title, storage, rows: rows.length }
}

/** What a first pass over a folder would do, in numbers, with some of what it would leave out. */
export type FirstPlan = {
  /** Files to be sent, frames of groups included. */
  readonly files: number
  readonly sizeBytes: number
  readonly groups: number
  readonly ignored: number
  readonly waiting: number
  readonly synced: number
  readonly refused: readonly { readonly path: string; readonly why: string }[]
  /** Why the folder would not be synced as it is; null when it would be. */
  readonly trouble: string | null
}

/** Plans the first pass of a config with one folder. Writes nothing anywhere. */
export async function planFirst(config: LoadedConfig, tools: PlanTools): Promise<FirstPlan> {
  const { folders } = await planRun(config, tools)
  const [plan] = folders
  if (plan === undefined) throw new Error('the config has no folder')
  const { uploads, ignored, waiting, synced, refused, state, why } = plan
  return {
    files: uploads.reduce((sum, upload) => sum + upload.files, 0),
    sizeBytes: uploads.reduce((sum, upload) => sum + upload.sizeBytes, 0),
    groups: uploads.filter((upload) => upload.kind === 'image_group').length,
    ignored,
    waiting: waiting.length,
    synced,
    refused,
    trouble: state === 'ok' && why === '' ? null : why === '' ? state : `${state}: ${why}`,
  }
}

/** Makes the directory a config goes into, for its owner alone. */
export function prepareConfigPlace(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
}

/** Writes a new file (0600) to the disk; it is taken away again when it cannot be written whole. @throws the system's error: EEXIST when something is there, also a link */
export function writeNewConfig(file: string, text: string): void {
  const descriptor = openSync(file, 'wx', 0o600)
  try {
    writeSync(descriptor, text)
    fsyncSync(descriptor)
  } catch (error) {
    unlinkSync(file)
    throw error
  } finally {
    closeSync(descriptor)
  }
}
