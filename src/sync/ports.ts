import type { Readable } from 'node:stream'
import type { DirStamp, FileStamp, RelPath } from '../model/file.ts'
import type { Registered, RemoteListing, RemoteRow, Ticket } from '../model/remote.ts'
import type { SeenIdentity, SeenMarker } from './plan/folderIdentity.ts'
import type { Look } from './records.ts'
import type { Survey, SurveyRequest } from './survey.ts'

/** The bytes of one file, opened once; each `open` starts a new stream from the first byte. */
export type BodySource = {
  readonly sizeBytes: number
  open(): Readable
}

/** What was really sent. `sha256` is lower-case hex over the bytes that left. */
export type SentBody = { readonly sha256: string; readonly sizeBytes: number }

export type CallOptions = { readonly signal?: AbortSignal }

/**
 * One dataset on one server, seen through its API key: everything but DELETE. Every method throws `EncordError`.
 * Reads, tickets and PUTs may be repeated freely (and are, a few times, inside); register calls are sent once and never
 * repeated inside: their error says `outcome: 'unknown'` unless it is proven that nothing happened.
 */
export type Remote = {
  /** `apikeymeta` GET: the cheapest way to test a key. */
  keyMeta(options?: CallOptions): Promise<{ readonly title: string; readonly resourceType: string }>
  /** `dataset` GET. `clientMetadata: true` asks for each row's client metadata as well. */
  listing(ask: { readonly clientMetadata: boolean }, options?: CallOptions): Promise<RemoteListing>
  /** `datarow` GET by hash; null when the server says that there is no such row. `look-first` is never thrown here. */
  row(dataHash: string, options?: CallOptions): Promise<RemoteRow | null>
  /** `signedvideourl` GET. */
  videoTicket(fileName: string, options?: CallOptions): Promise<Ticket>
  /** `signedimagesurl` GET for up to 200 names; the answer is checked to pair with the names, in order. */
  imageTickets(fileNames: readonly string[], options?: CallOptions): Promise<readonly Ticket[]>
  /** `signeddicomsurl` GET for up to 200 names; the answer is checked to pair with the names, in order. */
  dicomTickets(fileNames: readonly string[], options?: CallOptions): Promise<readonly Ticket[]>
  /** PUT to the ticket's signed URL, streamed, with Content-Length, hashed on the way. `contentType` is that of the content. */
  put(
    ticket: Ticket,
    body: BodySource,
    contentType: string,
    options?: CallOptions & { onBytes?(sentBytes: number): void },
  ): Promise<SentBody>
  /** `video` PUT. */
  registerVideo(ticket: Ticket, title: string, options?: CallOptions): Promise<Registered>
  /** `singleimage` POST. */
  registerImage(ticket: Ticket, title: string, options?: CallOptions): Promise<Registered>
  /** `images` PUT: stages frames; invisible in the dataset. RESOURCE_EXISTS says that one of them is staged already, not which. */
  stageImages(tickets: readonly Ticket[], options?: CallOptions): Promise<void>
  /** `image` PUT: stages one frame, to name the one that a batch was refused for; RESOURCE_EXISTS counts as staged. */
  stageImage(ticket: Ticket, options?: CallOptions): Promise<void>
  /** `imagegroup` POST; `createVideo: true` (a sequence) may make several rows. */
  createGroup(
    frames: readonly string[],
    group: { readonly title: string; readonly createVideo: boolean },
    options?: CallOptions,
  ): Promise<readonly Registered[]>
  /** `dicomseries` POST: one row of these files, in their order; nothing is staged. */
  createSeries(slices: readonly Ticket[], title: string, options?: CallOptions): Promise<Registered>
  /**
   * `datasetdata` POST: makes rows of objects in the owner's bucket, in the vendor's private-cloud format. Sent once.
   * `this-file` and `look-first` say that nothing was made: the object is not there, or Encord can't read it.
   */
  registerCloud(
    data: { readonly integrationId: string; readonly ignoreErrors: boolean; readonly files: unknown },
    options?: CallOptions,
  ): Promise<readonly Registered[]>
  /** `datarow` POST. */
  updateRow(
    dataHash: string,
    change: { readonly title?: string; readonly clientMetadata?: Readonly<Record<string, unknown>> },
    options?: CallOptions,
  ): Promise<void>
  /** Newest server time seen in a `Date` header, with the monotonic time it was seen at; null before the first answer. */
  serverTime(): { readonly dateMs: number; readonly atMonotonicMs: number } | null
}

/** The one destructive call: `video` DELETE of up to 20 hashes. Sent once, never repeated inside. Only the deleter is handed it. */
export type DeleteCall = (dataHashes: readonly string[], options?: CallOptions) => Promise<void>

/** A regular file, opened without following links; the descriptor stays open until `close`. */
export type OpenedFile = BodySource & {
  readonly stamp: FileStamp
  /** The first and last bytes a media walker asks for. */
  read(offset: number, length: number): Promise<Uint8Array>
  /** `fstat` of the descriptor and `lstat` of the path: both still `stamp`? */
  unchanged(): Promise<boolean>
  close(): Promise<void>
}

/** Why a file could not be opened as the regular file that was scanned. */
export type OpenFailure = { readonly kind: 'gone' | 'changed' | 'not-regular' | 'unreadable'; readonly errno: string }

/** The proof that a path is gone (design, section 6, rule 4), or what stands in its way. */
export type AbsenceProof =
  | {
      readonly kind: 'absent'
      /** The deepest directory that still exists; its fresh listing lacks `missingName`. */
      readonly ancestor: RelPath
      readonly missingName: string
      readonly ancestorStamp: DirStamp
    }
  | { readonly kind: 'present' }
  | { readonly kind: 'unseen'; readonly at: RelPath; readonly errno: string }

/**
 * What several proofs of one look may share: names of directories, for as long as their times say that nothing in them changed, and, within
 * the look, the directories that were found to be real, and what was found to be gone with all below it.
 */
export type AbsenceLook = {
  readonly real: Set<RelPath>
  readonly listings: Map<RelPath, { readonly stamp: DirStamp; readonly names: ReadonlySet<string> }>
  readonly gone: Map<RelPath, Extract<AbsenceProof, { kind: 'absent' }>>
}

/** What sync needs of the disk. */
export type Disk = {
  /** One walk, compared with the ledger; runs off the main thread. */
  survey(request: SurveyRequest): Promise<Survey>
  openRegular(root: string, path: RelPath, expected: FileStamp): Promise<OpenedFile | OpenFailure>
  /** Type and wholeness by the bytes of an opened file. */
  inspect(file: OpenedFile): Promise<Look>
  identity(root: string): Promise<SeenIdentity>
  proveAbsent(root: string, path: RelPath, look?: AbsenceLook): Promise<AbsenceProof>
  /**
   * Regular files that stand directly in a directory now and that no rule ignores, by name; null when it cannot be read.
   * @param names only these are looked at: a directory may hold a hundred thousand
   */
  filesIn(root: string, dir: RelPath, names?: readonly string[]): ReadonlyMap<string, FileStamp> | null
  /**
   * Names of the regular files that stand directly in a directory now, whatever rule covers them; none where there is no such directory, null when
   * it cannot be looked into, or only by way of a link.
   * @param names only these are looked for
   */
  namesIn(root: string, dir: RelPath, names?: readonly string[]): readonly string[] | null
  /** Mount points at and under the folder, sorted; null when nobody can tell now, which is no proof of anything. */
  mounts(root: string): Promise<readonly string[] | null>
  writeMarker(root: string, marker: SeenMarker, replace: 'never' | 'accepted'): Promise<'written' | 'unwritable'>
  writeAlive(
    root: string,
    alive: { readonly ledgerId: string; readonly sequence: number; readonly atMs: number; readonly released: boolean },
  ): Promise<void>
  fileSystem(root: string): Promise<'local' | 'network'>
}
