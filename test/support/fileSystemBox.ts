import { createHash } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { RowReport } from '../../src/emulator/report.ts'
import { type CommandProcess, MAIN } from './commandProcess.ts'
import { emulatorBox } from './emulatorBox.ts'
import { jpeg } from './mediaVariants.ts'
import { MountNamespace } from './mountNamespace.ts'
import { ServiceBox } from './serviceBox.ts'

/** A folder of the box with a dataset of its own. */
export type BoxFolder = {
  /** As the service sees it. */
  readonly path: string
  /** As the tests reach it, through all mounts. */
  at(name: string): string
  /** Writes a different JPEG for each name. */
  put(...names: string[]): void
  remove(name: string): void
  rows(): readonly RowReport[]
  titles(): readonly string[]
  /** Calls about this dataset: `calls('DELETE video')`. */
  calls(name: string): number
  deletes(): number
  /** How many files were asked a signed URL for: nothing is sent without one. */
  signed(): number
  /** Resolves when the dataset holds exactly these titles. */
  untilTitles(...titles: string[]): Promise<void>
  /** Resolves when the service says so of this folder. */
  untilState(state: string): Promise<void>
  /** Resolves when so many complete scans of the whole folder began after now. */
  scans(count: number): Promise<void>
}

/** Files of the folder that nothing is done to but one delete after the other. */
const BEACONS = 40

/**
 * One service for many folders, in a mount namespace of its own, without root's power to read what modes forbid. A folder `beacon` stands
 * beside the others: a delete that goes through there proves that a service which wanted to could have deleted meanwhile.
 */
export class FileSystemBox implements AsyncDisposable {
  readonly namespace: MountNamespace
  readonly box: ServiceBox
  readonly #folders: ReadonlyMap<string, BoxFolder>
  #service: CommandProcess | null = null
  #beacons = BEACONS

  private constructor(namespace: MountNamespace, box: ServiceBox, names: readonly string[]) {
    this.namespace = namespace
    this.box = box
    this.#folders = new Map([...names, 'beacon'].map((name) => [name, this.#folderOf(name)]))
  }

  /** @param names of the folders; each is an empty directory until the service is started */
  static async open(names: readonly string[]): Promise<FileSystemBox> {
    const all = [...names, 'beacon']
    const datasets = all.map((name) => ({
      dataset_hash: hashOf(name),
      title: name,
      type: 'CORD_STORAGE' as const,
      api_keys: [keyOf(name)],
    }))
    const emulator = await emulatorBox({ seed: { datasets } })
    const box = new ServiceBox(emulator, {})
    const opened = new FileSystemBox(await MountNamespace.open(), box, names)
    const folders = all.map((name) => ({
      path: opened.folder(name).path,
      dataset: hashOf(name),
      api_key: `\${${variableOf(name)}}`,
      settle: '300ms',
      group_settle: '500ms',
      deletes: { grace: name === 'ext4' ? '5s' : '1s', limit: { count: 1000, percent: 100 } },
    }))
    for (const { path } of folders) mkdirSync(path, { recursive: true })
    box.configure({ top: { folders } })
    for (let i = 0; i < BEACONS; i++) opened.folder('beacon').put(beacon(i))
    return opened
  }

  folder(name: string): BoxFolder {
    const folder = this.#folders.get(name)
    if (folder === undefined) throw new Error(`no folder ${name}`)
    return folder
  }

  get service(): CommandProcess {
    if (this.#service === null) throw new Error('the service was not started')
    return this.#service
  }

  /** Starts the service once all is mounted. @param main another build of it */
  async start(main = MAIN): Promise<void> {
    const env = Object.fromEntries([...this.#folders.keys()].map((name) => [variableOf(name), keyOf(name)]))
    const powers = '-dac_override,-dac_read_search'
    const program = [...this.namespace.enter, 'setpriv', `--bounding-set=${powers}`, `--inh-caps=${powers}`, process.execPath, main]
    this.#service = await this.box.run({ program, env })
  }

  /** Resolves when the service deleted something elsewhere that was there until now: twice scanned, `grace` apart. */
  async deletedElsewhere(): Promise<void> {
    this.#beacons -= 1
    const folder = this.folder('beacon')
    const name = beacon(this.#beacons)
    await this.box.until(() => folder.titles().includes(name), `${name} is a row`)
    folder.remove(name)
    await this.box.until(() => !folder.titles().includes(name), `${name} is deleted`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.box[Symbol.asyncDispose]()
    await this.namespace[Symbol.asyncDispose]()
  }

  #folderOf(name: string): BoxFolder {
    const { namespace, box } = this
    const dataset = hashOf(name)
    const path = join(box.folder, name)
    const at = (file: string) => namespace.seen(join(path, file))
    const rows = () => box.emulator.emulator.rows(dataset)
    const titles = () =>
      rows()
        .map((row) => row.title)
        .sort()
    const about = (call: string) => box.emulator.calls.all().filter((one) => one.call === call && one.dataset === dataset)
    return {
      path,
      at,
      put: (...files) => {
        for (const file of files) {
          mkdirSync(dirname(at(file)), { recursive: true })
          writeFileSync(at(file), jpeg(`${name} ${file}`))
        }
      },
      remove: (file) => rmSync(at(file), { recursive: true }),
      rows,
      titles,
      calls: (call) => about(call).length,
      deletes: () => about('DELETE video').length,
      signed: () => about('GET signedimagesurl').reduce((sum, { uid }) => sum + (Array.isArray(uid) ? uid.length : 1), 0),
      untilTitles: (...wanted) => {
        const text = JSON.stringify(wanted.sort())
        return box.until(() => JSON.stringify(titles()) === text, `${name} has the titles ${text}; it has ${titles().join(', ')}`)
      },
      untilState: async (state) => {
        await this.service.next('folder.state', (line) => line['folder'] === path && line['state'] === state, 180_000)
      },
      scans: async (count) => {
        // One may be under way that began before.
        for (let i = 0; i <= count; i++) {
          await this.service.next(
            'folder.scanned',
            (line) => line['folder'] === path && line['whole'] === true && line['result'] === 'complete',
          )
        }
      },
    }
  }
}

function beacon(i: number): string {
  return `${String(i).padStart(2, '0')}.jpg`
}

function hashOf(name: string): string {
  const hex = keyOf(name)
  return [8, 12, 16, 20, 32].map((end, i, ends) => hex.slice(ends[i - 1] ?? 0, end)).join('-')
}

function variableOf(name: string): string {
  return `KEY_${name.toUpperCase().replaceAll('-', '_')}`
}

function keyOf(name: string): string {
  return createHash('sha256').update(name).digest('hex')
}
