import { createHash } from 'node:crypto'
import { EncordError } from '../../src/model/error.ts'
import type { CallFailure, Outcome, Registered, RemoteListing, RemoteRow, Ticket } from '../../src/model/remote.ts'
import type { BodySource, DeleteCall, Remote, SentBody } from '../../src/sync/ports.ts'
import type { ProcessPort } from './processPort.ts'
import type { VirtualClock } from './virtualClock.ts'

/** What a call that changes the dataset may come to, besides an answer. */
export type Mishap =
  /** Refused before anything happened: 429, a refused connection. */
  | 'not-done'
  /** It happened, and the answer was lost. */
  | 'lost-answer'
  /** It never arrived, and nobody can tell. */
  | 'lost-request'
  /** The object store knows nothing of this URL any more. */
  | 'dead-url'
  | 'credentials'
  /** Half of a batch was done, then the connection broke. */
  | 'partial'
  /** The server takes no path as a title. */
  | 'bad-title'

export type ServerTraits = {
  /** What a second registration of one hash comes to. */
  readonly second: 'error' | 'ok' | 'row'
  /** How long a listing does not show what changed, ms. */
  readonly lagMs: number
  /** Whether rows of groups name their members. */
  readonly members: boolean
  readonly datarow: boolean
}

export type Row = {
  readonly hash: string
  readonly dataset: string
  readonly type: 'VIDEO' | 'IMAGE' | 'IMG_GROUP'
  title: string
  /** sha256 of the bytes; for a group one for each member. */
  readonly contents: readonly string[]
  readonly members: readonly string[] | null
  readonly sizeBytes: number
  readonly bornMs: number
  goneMs: number | null
  metadata: unknown
  readonly by: 'us' | 'other'
  /** The server made a second row of one registration. */
  readonly isDouble: boolean
}

/** What the promises listen to. Called when the request leaves the process. */
export type ServerWatch = {
  registering(dataset: string, hash: string): void
  grouping(dataset: string, hashes: readonly string[]): void
  registered(row: Row): void
  deleting(dataset: string, hashes: readonly string[]): void
  deleted(row: Row): void
}

type Stored = { readonly sha256: string; readonly sizeBytes: number; isStaged: boolean }
type Fault = { readonly call: string; readonly mishap: Mishap; left: number; readonly retryAfterMs: number | null }
type ListingFault = { readonly how: 'half' | 'empty' | 'other-dataset' | 'html'; left: number }

/** A server that keeps several datasets, and does to its callers what servers do. */
export class VirtualServer {
  readonly rows = new Map<string, Row>()
  /** Rows that someone else removed: a ledger hears of it at its next daily listing. */
  readonly removedByOthers = new Set<string>()
  readonly calls: Record<string, number> = {}
  /** Its clock is off by so much, ms. */
  dateOffMs = 0
  isKeyGood = true
  isDown = false
  #serial = 0
  readonly #stored = new Map<string, Stored>()
  readonly #faults: Fault[] = []
  readonly #listingFaults: ListingFault[] = []
  /** Datasets whose last listing lacked rows. */
  readonly #wasShort = new Set<string>()
  readonly #clock: VirtualClock
  readonly traits: ServerTraits
  readonly #watch: ServerWatch
  #pathTitles = true

  constructor(clock: VirtualClock, traits: ServerTraits, watch: ServerWatch) {
    this.#clock = clock
    this.traits = traits
    this.#watch = watch
  }

  /** The next `times` calls of this kind come to grief. */
  plan(call: string, mishap: Mishap, times: number, retryAfterMs: number | null): void {
    this.#faults.push({ call, mishap, left: times, retryAfterMs })
  }

  planListing(how: ListingFault['how'], times: number): void {
    this.#listingFaults.push({ how, left: times })
  }

  refusePathTitles(): void {
    this.#pathTitles = false
  }

  /** From now on everything works. */
  heal(): void {
    this.#faults.length = 0
    this.#listingFaults.length = 0
    this.dateOffMs = 0
    this.isKeyGood = true
    this.isDown = false
  }

  live(dataset: string): Row[] {
    return [...this.rows.values()].filter((row) => row.dataset === dataset && row.goneMs === null)
  }

  /** Someone else adds or removes a row. */
  addForeign(dataset: string, title: string, sha256: string, sizeBytes: number): void {
    const hash = this.#newHash()
    this.rows.set(hash, {
      hash,
      dataset,
      type: 'IMAGE',
      title,
      contents: [sha256],
      members: null,
      sizeBytes,
      bornMs: this.#clock.nowMs,
      goneMs: null,
      metadata: null,
      by: 'other',
      isDouble: false,
    })
  }

  removeForeign(row: Row): void {
    this.removedByOthers.add(row.hash)
    row.goneMs = this.#clock.nowMs
  }

  /** One dataset as one process sees it. */
  connect(dataset: string, port: ProcessPort): { readonly remote: Remote; readonly deleteCall: DeleteCall } {
    let date: { dateMs: number; atMonotonicMs: number } | null = null
    const call = async <T>(name: string, act: (isPartial: boolean) => T, reach: 'read' | 'change' = 'read'): Promise<T> => {
      this.calls[name] = (this.calls[name] ?? 0) + 1
      const fault = await port.step(name, () => this.#faultOf(name), 30)
      const failed = (kind: CallFailure, outcome: Outcome, message: string): EncordError =>
        new EncordError(kind, { call: name, outcome, message, retryAfterMs: fault?.retryAfterMs ?? null })
      if (this.isDown) throw failed('transient', 'not-done', 'connection refused')
      if (!this.isKeyGood || fault?.mishap === 'credentials') throw failed('credentials', 'not-done', 'the key is refused')
      if (fault?.mishap === 'not-done') throw failed('transient', 'not-done', 'HTTP 429')
      if (fault?.mishap === 'dead-url') throw failed('dead-url', 'not-done', 'HTTP 403')
      if (fault?.mishap === 'lost-request') throw failed('transient', reach === 'read' ? 'not-done' : 'unknown', 'connection reset')
      const answer = act(fault?.mishap === 'partial')
      if (fault?.mishap === 'lost-answer' || fault?.mishap === 'partial') {
        await port.step(name, () => undefined, 2_000)
        throw failed('transient', reach === 'read' ? 'not-done' : 'unknown', 'connection reset')
      }
      return await port.step(
        name,
        () => {
          date = { dateMs: this.#clock.trueMs() + this.dateOffMs, atMonotonicMs: this.#clock.nowMs }
          return answer
        },
        30,
      )
    }
    const refusal = (kind: CallFailure, word: string): EncordError =>
      new EncordError(kind, { call: 'sim', outcome: 'not-done', message: word, word })
    const titled = (title: string): void => {
      if (!this.#pathTitles && title.includes('/')) throw refusal('this-file', 'INVALID_ARGUMENTS_ERROR')
    }
    const ticket = (title: string): Ticket => {
      const hash = this.#newHash()
      return { data_hash: hash, signed_url: `sim:${hash}`, title, file_link: `sim/${hash}` }
    }
    const register = (given: Ticket, title: string, type: 'VIDEO' | 'IMAGE'): Registered => {
      const object = this.#stored.get(given.data_hash)
      if (object === undefined) throw refusal('look-first', 'RESOURCE_NOT_FOUND_ERROR')
      titled(title)
      const known = this.rows.get(given.data_hash)
      if (known !== undefined) {
        if (this.traits.second === 'error' || known.goneMs !== null) throw refusal('look-first', 'RESOURCE_EXISTS_ERROR')
        if (this.traits.second === 'ok') return { dataHash: known.hash, title: known.title }
      }
      const isDouble = known !== undefined
      const hash = isDouble ? this.#newHash() : given.data_hash
      const row: Row = {
        hash,
        dataset,
        type,
        title,
        contents: [object.sha256],
        members: null,
        sizeBytes: object.sizeBytes,
        bornMs: this.#clock.nowMs,
        goneMs: null,
        metadata: null,
        by: 'us',
        isDouble,
      }
      this.rows.set(hash, row)
      this.#watch.registered(row)
      return { dataHash: hash, title }
    }
    const stage = (given: Ticket): void => {
      const object = this.#stored.get(given.data_hash)
      if (object === undefined) throw refusal('look-first', 'RESOURCE_NOT_FOUND_ERROR')
      object.isStaged = true
    }
    const remote: Remote = {
      keyMeta: () => call('keyMeta', () => ({ title: 'key', resourceType: 'dataset' })),
      listing: ({ clientMetadata }) => call('listing', () => this.#listing(dataset, clientMetadata)),
      row: (hash) =>
        call('row', () => {
          if (!this.traits.datarow) throw refusal('not-allowed', 'UNAUTHORISED_ERROR')
          const row = this.rows.get(hash)
          return row === undefined || row.dataset !== dataset || !this.#isShown(row) ? null : this.#rowView(row, true)
        }),
      videoTicket: (name) => call('ticket', () => ticket(name)),
      imageTickets: (names) => call('ticket', () => names.map((name) => ticket(name))),
      put: async (given, body) => {
        const sent = await bytesOf(body)
        return await call('put', () => {
          this.#stored.set(given.data_hash, { ...sent, isStaged: false })
          return sent
        })
      },
      registerVideo: (given, title) => {
        this.#watch.registering(dataset, given.data_hash)
        return call('register', () => register(given, title, 'VIDEO'), 'change')
      },
      registerImage: (given, title) => {
        this.#watch.registering(dataset, given.data_hash)
        return call('register', () => register(given, title, 'IMAGE'), 'change')
      },
      // No world holds DICOM files.
      dicomTickets: () => Promise.reject(new Error('no world holds DICOM files')),
      createSeries: () => Promise.reject(new Error('no world holds DICOM files')),
      // No world has a bucket of its own.
      registerCloud: () =>
        call(
          'register',
          () => {
            throw refusal('not-allowed', 'UPLOAD_OPERATION_NOT_SUPPORTED_ERROR')
          },
          'change',
        ),
      stageImages: (tickets) => call('stage', () => tickets.forEach(stage), 'change'),
      stageImage: (given) => call('stage', () => stage(given), 'change'),
      createGroup: (frames, { title }) => {
        this.#watch.grouping(dataset, frames)
        return call(
          'group',
          () => {
            titled(title)
            const objects = frames.map((frame) => this.#stored.get(frame))
            if (objects.some((object) => object?.isStaged !== true)) throw refusal('look-first', 'RESOURCE_NOT_FOUND_ERROR')
            const contents = objects.map((object) => object?.sha256 ?? '')
            const hash = this.#newHash()
            const row: Row = {
              hash,
              dataset,
              type: 'IMG_GROUP',
              title,
              contents,
              members: [...frames],
              sizeBytes: 0,
              bornMs: this.#clock.nowMs,
              goneMs: null,
              metadata: null,
              by: 'us',
              isDouble: false,
            }
            this.rows.set(hash, row)
            this.#watch.registered(row)
            return [{ dataHash: hash, title }]
          },
          'change',
        )
      },
      updateRow: (hash, change) =>
        call(
          'update',
          () => {
            if (!this.traits.datarow) throw refusal('not-allowed', 'UNAUTHORISED_ERROR')
            const row = this.rows.get(hash)
            if (row === undefined || row.goneMs !== null) throw refusal('look-first', 'RESOURCE_NOT_FOUND_ERROR')
            if (change.title !== undefined) {
              titled(change.title)
              row.title = change.title
            }
            if (change.clientMetadata !== undefined) row.metadata = change.clientMetadata
          },
          'change',
        ),
      serverTime: () => date,
    }
    const deleteCall: DeleteCall = (hashes) => {
      this.#watch.deleting(dataset, hashes)
      return call(
        'delete',
        (isPartial) => {
          if (hashes.some((hash) => this.rows.get(hash)?.goneMs !== null)) {
            const word = 'RESOURCE_NOT_FOUND_ERROR'
            if (hashes.length === 1) throw refusal('look-first', word)
            throw new EncordError('look-first', { call: 'sim', outcome: 'unknown', message: word, word })
          }
          for (const hash of isPartial ? hashes.slice(0, Math.ceil(hashes.length / 2)) : hashes) {
            const row = this.rows.get(hash) as Row
            row.goneMs = this.#clock.nowMs
            this.#watch.deleted(row)
          }
        },
        'change',
      )
    }
    return { remote, deleteCall }
  }

  #newHash(): string {
    return `h${String(++this.#serial).padStart(5, '0')}`
  }

  #faultOf(call: string): Fault | null {
    const fault = this.#faults.find((one) => one.left > 0 && (one.call === call || one.call === 'any'))
    if (fault !== undefined) fault.left--
    return fault ?? null
  }

  /** A listing shows what was so a while ago; what it showed once it goes on showing. */
  #isShown(row: Row): boolean {
    const at = this.#clock.nowMs - this.traits.lagMs
    return row.by === 'other' ? row.goneMs === null : row.bornMs <= at && (row.goneMs === null || row.goneMs > at)
  }

  /** A ledger that was put back holds the first of two listings, of before rows that were made since: the next one is the second in a row. */
  looked(dataset: string): void {
    this.#wasShort.add(dataset)
  }

  #listing(dataset: string, clientMetadata: boolean): RemoteListing {
    const fault = this.#listingFaults.find((one) => one.left > 0)
    if (fault !== undefined) fault.left--
    if (fault?.how === 'html') throw new EncordError('transient', { call: 'listing', outcome: 'not-done', message: 'the answer is a page' })
    let rows = [...this.rows.values()].filter((row) => row.dataset === dataset && this.#isShown(row))
    const isLate = [...this.rows.values()].some((row) => row.dataset === dataset && row.goneMs === null && !this.#isShown(row))
    // That a row was never made is what two listings in a row say: a server that leaves it out of both is not promised anything.
    const isShort = (fault?.how === 'half' || fault?.how === 'empty') && !this.#wasShort.has(dataset)
    if (isShort) this.#wasShort.add(dataset)
    else if (fault?.how !== 'other-dataset') this.#wasShort.delete(dataset)
    if (isLate) this.#wasShort.add(dataset)
    if (isShort) rows = fault?.how === 'half' ? rows.filter((_, i) => i % 2 === 0) : []
    return {
      dataset: fault?.how === 'other-dataset' ? 'another' : dataset,
      title: 'simulated',
      description: '',
      storage: 'CORD_STORAGE',
      rows: rows.map((row) => this.#rowView(row, clientMetadata)),
    }
  }

  #rowView(row: Row, clientMetadata: boolean): RemoteRow {
    return {
      dataHash: row.hash,
      title: row.title,
      type: row.type,
      createdAtMs: this.#clock.trueMs() - this.#clock.nowMs + row.bornMs,
      sizeBytes: row.type === 'IMG_GROUP' ? null : row.sizeBytes,
      clientMetadata: clientMetadata ? row.metadata : undefined,
      members: this.traits.members ? row.members : null,
    }
  }
}

async function bytesOf(body: BodySource): Promise<SentBody> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  try {
    for await (const chunk of body.open()) {
      hash.update(chunk as Buffer)
      sizeBytes += (chunk as Buffer).length
    }
  } catch (error) {
    throw new EncordError('local', { call: 'put', outcome: 'not-done', message: 'the file could not be read', cause: error })
  }
  return { sha256: hash.digest('hex'), sizeBytes }
}
