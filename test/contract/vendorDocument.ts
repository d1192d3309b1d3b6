import { isDeepStrictEqual } from 'node:util'

/**
 * The vendor's document, section by section: what a client sends, as its examples show it. Values in angle brackets are the reader's own.
 * Taken over by hand; nothing here is shared with the client or the emulator.
 */

/** Values of one run that stand for the document's placeholders; `ticket` is the signed-URL object that an earlier answer gave. */
export type Filled = {
  readonly datasetId: string
  readonly apiKey: string
  readonly ticket: Readonly<Record<string, unknown>>
}

/** `signed`: `<public key hex>:<signature hex>` over the body. `key`: the dataset and its API key. `none`: the object store. */
type Authorization = 'signed' | 'key' | 'none'

export type DocumentedCall = {
  /** The heading in the document. */
  readonly section: string
  readonly call: string
  /** `POST /public/user`, `POST /public`, or `PUT <signed_url>`. */
  readonly request: string
  readonly authorization: Authorization
  readonly uid: Form
  readonly payload: Form
  /** Where the client's form is that of the protocol notes, the vendor's own SDK: in what it differs. */
  readonly byNotes?: string
}

/** What stands in a body: exactly this, or what the predicate says. */
type Form = (value: unknown, filled: Filled) => boolean

const isNull: Form = (value) => value === null
const isText: Form = (value) => typeof value === 'string' && value !== ''
const hasKeys = (value: unknown, ...keys: string[]): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && isDeepStrictEqual(Object.keys(value).sort(), keys.sort())
const isTexts: Form = (value) => Array.isArray(value) && value.length > 1 && value.every((one) => typeof one === 'string' && one !== '')
const isFileName: Form = (value) => typeof value === 'string' && value !== '' && !value.includes('/')
const dataHash: Form = (value, { ticket }) => value === ticket['data_hash']
const wholeTicket: Form = (value, { ticket }) => isDeepStrictEqual(value, ticket)

const USER = { request: 'POST /public/user', authorization: 'signed', uid: isNull } as const
const DATASET = { request: 'POST /public', authorization: 'key' } as const

/** Calls of the document. A section may show several. */
export const DOCUMENT: readonly DocumentedCall[] = [
  {
    section: 'Creating a dataset',
    call: 'dataset POST',
    ...USER,
    payload: (value) =>
      hasKeys(value, 'title', 'type', 'description') &&
      isText(value['title'], {} as Filled) &&
      [0, 1, 2, 3].includes(Number(value['type'])) &&
      typeof value['type'] === 'number' &&
      typeof value['description'] === 'string',
  },
  {
    section: 'Creating a dataset API key',
    call: 'datasetapikey POST',
    ...USER,
    payload: (value, { datasetId }) =>
      hasKeys(value, 'dataset_hash', 'title', 'scopes') &&
      value['dataset_hash'] === datasetId &&
      typeof value['title'] === 'string' &&
      isDeepStrictEqual(value['scopes'], ['dataset.read', 'dataset.write']),
  },
  {
    section: 'Fetching dataset API keys',
    call: 'datasetapikey GET',
    ...USER,
    payload: (value, { datasetId }) => isDeepStrictEqual(value, { dataset_hash: datasetId }),
  },
  { section: 'Fetching dataset information', call: 'dataset GET', ...DATASET, uid: isNull, payload: isNull },
  { section: 'Uploading videos', call: 'signedvideourl GET', ...DATASET, uid: isFileName, payload: isNull },
  { section: 'Uploading videos', call: 'PUT video', request: 'PUT <signed_url>', authorization: 'none', uid: isNull, payload: isNull },
  { section: 'Uploading videos', call: 'video PUT', ...DATASET, uid: dataHash, payload: wholeTicket },
  { section: 'Uploading single images', call: 'signedimagesurl GET', ...DATASET, uid: isFileName, payload: isNull },
  {
    section: 'Uploading single images',
    call: 'PUT image',
    request: 'PUT <signed_url>',
    authorization: 'none',
    uid: isNull,
    payload: isNull,
    byNotes: "the content type is the image's own",
  },
  { section: 'Uploading single images', call: 'singleimage POST', ...DATASET, uid: dataHash, payload: wholeTicket },
  { section: 'Uploading image groups', call: 'signedimagesurl GET of many', ...DATASET, uid: isTexts, payload: isNull },
  { section: 'Uploading image groups', call: 'image PUT', ...DATASET, uid: dataHash, payload: wholeTicket },
  {
    section: 'Uploading image groups',
    call: 'imagegroup POST',
    ...DATASET,
    uid: isTexts,
    payload: (value) => hasKeys(value, 'image_group_title', 'create_video') && value['create_video'] === false,
    byNotes: 'the payload names title and kind; the document leaves it empty',
  },
  { section: 'Adding data from private cloud', call: 'cloudintegration GET', ...DATASET, uid: isNull, payload: isNull },
  {
    section: 'Adding data from private cloud',
    call: 'datasetdata POST',
    ...DATASET,
    uid: (value, { datasetId }) => value === datasetId,
    payload: (value) =>
      hasKeys(value, 'integration_id', 'ignore_errors', 'files') &&
      isText(value['integration_id'], {} as Filled) &&
      typeof value['ignore_errors'] === 'boolean' &&
      typeof value['files'] === 'object',
  },
  { section: 'Deleting data from a dataset', call: 'video DELETE', ...DATASET, uid: isTexts, payload: isNull },
]

/** Calls that the document lacks and the protocol notes describe. */
export const NOTES: readonly DocumentedCall[] = [
  { section: 'apikeymeta', call: 'apikeymeta GET', ...DATASET, uid: isNull, payload: isNull },
  {
    section: 'images',
    call: 'images PUT',
    ...DATASET,
    uid: isNull,
    payload: (value) => Array.isArray(value) && value.every((one) => hasKeys(one, 'data_hash', 'signed_url', 'title', 'file_link')),
  },
  {
    section: 'dataset with metadata',
    call: 'dataset GET with metadata',
    ...DATASET,
    uid: isNull,
    payload: (value) => isDeepStrictEqual(value, { dataset_access_settings: { fetch_client_metadata: true } }),
  },
  {
    section: 'DICOM files (SDK)',
    call: 'signeddicomsurl GET',
    ...DATASET,
    uid: (value, filled) => Array.isArray(value) && value.length > 0 && value.every((one) => isFileName(one, filled)),
    payload: isNull,
  },
  { section: 'DICOM files (SDK)', call: 'PUT dicom', request: 'PUT <signed_url>', authorization: 'none', uid: isNull, payload: isNull },
  {
    section: 'DICOM files (SDK)',
    call: 'dicomseries POST',
    ...DATASET,
    uid: (value) =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((one) => hasKeys(one, 'id', 'uri', 'title') && Object.values(one).every((text) => isText(text, {} as Filled))),
    payload: (value) => hasKeys(value, 'title') && isText(value['title'], {} as Filled),
  },
  {
    section: 'datarow',
    call: 'datarow POST',
    ...DATASET,
    uid: isText,
    payload: (value) =>
      hasKeys(value, 'client_metadata') || hasKeys(value, 'data_title') || hasKeys(value, 'data_title', 'client_metadata'),
  },
  {
    section: 'videos under another title',
    call: 'video PUT with a title',
    ...DATASET,
    uid: dataHash,
    payload: (value, { ticket }) =>
      hasKeys(value, ...Object.keys(ticket), 'video_title') && isDeepStrictEqual({ ...ticket, video_title: value['video_title'] }, value),
  },
]
