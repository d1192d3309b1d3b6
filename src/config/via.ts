import type { FolderPolicy } from '../model/folder.ts'
import type { ConfigDocument } from './document.ts'
import { type KeyPath, keyName, type Problem } from './problem.ts'
import type { ParsedConfig, ParsedFolder } from './schema.ts'

/** What to write, for messages. */
export const URL_PREFIX_FORM = 'the address of a bucket, such as s3://bucket/p/ or https://bucket.s3.eu-west-1.amazonaws.com/p/'

/** A bucket's address without a query; white space has to be percent-encoded, as Encord takes none. */
export const URL_PREFIX_PATTERN = /^(?:s3|gs|https):\/\/[^/\s?#]+(?:\/[^\s?#]*)?$/

/** The same with a slash at its end, so that a path can follow. */
export function withSlash(prefix: string): string {
  return prefix.endsWith('/') ? prefix : `${prefix}/`
}

/** How a folder's rows are made. Only for a config without `viaProblems`. */
export function viaOf({ via, integration, url_prefix: prefix }: ParsedFolder): FolderPolicy['via'] {
  return via === 'cloud' ? { kind: 'cloud', integration: integration ?? '', urlPrefix: withSlash(prefix ?? '') } : { kind: 'upload' }
}

/** `via: cloud` needs to know the integration and the place in the bucket, which say nothing otherwise, and registers no DICOM series. */
export function viaProblems(config: ParsedConfig | undefined, document: ConfigDocument): Problem[] {
  return (config?.folders ?? []).flatMap((folder, index) => {
    const at: KeyPath = ['folders', index]
    const keys = ['integration', 'url_prefix'] as const
    const dicom: KeyPath = [...at, 'dicomseries']
    const series =
      folder.via === 'cloud' && folder.dicomseries
        ? [
            {
              ...document.at(dicom),
              message: `${keyName(dicom)}: is for \`via: upload\` only; \`cloud json --dicom\` names the series of a bucket`,
            },
          ]
        : []
    const lacking = keys.filter((key) => folder[key] === undefined)
    if (folder.via === 'cloud') {
      return [
        ...series,
        ...lacking.map((key) => ({ ...document.at([...at, 'via']), message: `${keyName([...at, 'via'])}: cloud needs ${key} as well` })),
      ]
    }
    return keys
      .filter((key) => !lacking.includes(key))
      .map((key) => ({ ...document.at([...at, key]), message: `${keyName([...at, key])}: is for \`via: cloud\` only` }))
  })
}
