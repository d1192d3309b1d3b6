import { belowPrefix } from '../app/cloudItems.ts'
import type { ListedObject } from '../app/cloudTree.ts'

/** What a listing was taken for, and the lines that are no object below the prefix. */
export type BucketListing = {
  readonly format: 'aws s3 ls --recursive' | 'rclone lsf' | 'rclone lsf --format'
  readonly objects: readonly ListedObject[]
  readonly outside: readonly string[]
}

/** `2024-05-31 12:00:07     123456 p/site-a/run 3/1.jpg`: the key follows one space, whatever it holds. */
const AWS = /^(\d{4}-\d\d-\d\d) \d\d:\d\d:\d\d +(\d+) (.+)$/
/** What `aws s3 ls` adds: directories when `--recursive` was forgotten, and the lines of `--summarize`. */
const AWS_OTHER = /^ +PRE .+\/$|^\s*Total (?:Objects|Size): /
const TIME = /^(\d{4}-\d\d-\d\d)[ T]\d\d:\d\d:\d\d/
/** Columns of `rclone lsf --format` beside the path: times, sizes, hashes, MIME types, tiers. */
const SIZE = /^-?\d+$/
const OTHER = /^(?:[0-9a-f]{16,128}|[a-z]+\/[\w.+-]+(?:; .*)?|[A-Z_]+|true|false|)$/

/**
 * Reads the output of `aws s3 ls --recursive`, `rclone lsf -R` or `rclone lsf -R --format …` (separator `;`), whichever it is.
 * @param keyPrefixes the bucket's prefix as keys begin with it, in each reading of the URL; for `aws` only, as rclone's paths begin below it
 */
export function parseBucketListing(text: string, keyPrefixes: readonly string[]): BucketListing {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  const isAws = lines.length > 0 && lines.some((line) => AWS.test(line)) && lines.every((line) => AWS.test(line) || AWS_OTHER.test(line))
  if (isAws) return awsListing(lines, keyPrefixes)
  const columns = columnsOf(lines)
  const format = columns === null ? 'rclone lsf' : 'rclone lsf --format'
  const found = lines.map((line) => (columns === null ? { path: line, sizeBytes: null, day: null } : rowOf(line.split(';'), columns)))
  return sorted(
    format,
    found.filter(({ path }) => !path.endsWith('/')),
    '',
  )
}

function awsListing(lines: readonly string[], keyPrefixes: readonly string[]): BucketListing {
  const rows = lines.flatMap((line) => {
    const [, day = null, size = '', path = ''] = AWS.exec(line) ?? []
    return path === '' || path.endsWith('/') ? [] : [{ path, sizeBytes: Number(size), day }]
  })
  const prefix = keyPrefixes.find((one) => rows.some((row) => row.path.startsWith(one))) ?? keyPrefixes[0] ?? ''
  return sorted('aws s3 ls --recursive', rows, prefix)
}

function sorted(format: BucketListing['format'], rows: readonly ListedObject[], prefix: string): BucketListing {
  const objects: ListedObject[] = []
  const outside: string[] = []
  for (const row of rows) {
    const path = belowPrefix(row.path, prefix)
    if (path === null) outside.push(row.path)
    else objects.push({ ...row, path })
  }
  return { format, objects, outside }
}

type Columns = { readonly count: number; readonly path: number; readonly size: number | null; readonly time: number | null }

/** Which column is what, where every line has the same ones; null when the lines are paths alone. */
function columnsOf(lines: readonly string[]): Columns | null {
  const rows = lines.map((line) => line.split(';'))
  const count = rows[0]?.length ?? 0
  if (count < 2 || rows.some((row) => row.length !== count)) return null
  const all = (index: number, pattern: RegExp): boolean => rows.every((row) => pattern.test(row[index] ?? ''))
  const indexes = Array.from({ length: count }, (_, index) => index)
  const times = indexes.filter((index) => all(index, TIME))
  const sizes = indexes.filter((index) => all(index, SIZE))
  const paths = indexes.filter((index) => !times.includes(index) && !sizes.includes(index) && !all(index, OTHER))
  const [path] = paths
  if (path === undefined || paths.length !== 1) return null
  return { count, path, size: sizes[0] ?? null, time: times[0] ?? null }
}

function rowOf(row: readonly string[], { path, size, time }: Columns): ListedObject {
  const bytes = size === null ? null : Number(row[size])
  return {
    path: row[path] ?? '',
    sizeBytes: bytes !== null && bytes >= 0 ? bytes : null,
    day: time === null ? null : (TIME.exec(row[time] ?? '')?.[1] ?? null),
  }
}
