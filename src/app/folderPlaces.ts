import type { LoadedConfig } from '../config/loadedConfig.ts'
import type { Clock } from '../model/clock.ts'
import { inTime } from '../model/inTime.ts'
import { DISK_ANSWERS_MS } from '../sync/diskTrouble.ts'
import type { FolderRecord } from '../sync/records.ts'
import { type Followed, followLinks } from './realPath.ts'

/** The real path of each configured folder, by its path as the config has it. */
export type FolderPlaces = ReadonlyMap<string, string>

/**
 * Follows the links of the config's folders, all at once. Where no link can be seen now (it lies on a disk that is away, or its share does not
 * answer in time), the place that the path led to before stands: a folder that was taken for another one would lose its rows.
 * @param known the folders of the ledger
 */
export async function findPlaces(
  config: Pick<LoadedConfig, 'folders'>,
  known: readonly Pick<FolderRecord, 'path' | 'writtenAs'>[],
  clock: Pick<Clock, 'sleep'>,
  follow: (path: string) => Promise<Followed> = followLinks,
): Promise<FolderPlaces> {
  const placeOf = async (written: string): Promise<string> => {
    const found = await inTime(clock, DISK_ANSWERS_MS, follow(written), null)
    if (found !== null && found.kind !== 'unseen') return found.path
    return known.find(({ writtenAs }) => writtenAs === written)?.path ?? found?.path ?? written
  }
  const written = [...new Set(config.folders.map(({ path }) => path))]
  return new Map(await Promise.all(written.map(async (path) => [path, await placeOf(path)] as const)))
}
