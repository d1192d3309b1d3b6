import { closeSync, fchmodSync, openSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { CloudJson } from '../../app/cloudItems.ts'
import { parseTitle } from '../../config/title.ts'
import { displayName } from '../../model/displayName.ts'
import { UserError } from '../../model/error.ts'
import { stringifyExactly } from '../../model/exactJson.ts'
import { EXIT } from '../../model/exitCode.ts'
import { pathArgument } from '../../model/nextCommand.ts'
import { parseBucketListing } from '../bucketListing.ts'
import { type BucketUrl, bucketUrl } from '../bucketUrl.ts'
import { type CommandContext, command } from '../command.ts'
import { amount } from '../text/amount.ts'

/** What the vendor takes in one file (its documentation, "JSON format"). */
const MOST_ITEMS = 500_000
const MOST_URLS = 1_000_000
/** A long list of what is left out would hide the rest. */
const LEFT_SHOWN = 20

/** The private-cloud JSON of a bucket. */
export const cloudJsonCommand = command({
  usage: 'json [dir]',
  about: "write the JSON for `cloud add`, of a local tree or a bucket's listing",
  positionals: { dir: { type: 'string', describe: 'a local directory that is mirrored to the bucket' } },
  options: {
    'url-prefix': { type: 'string', requiresArg: true, demandOption: true, describe: 'where it lies in the bucket: s3://bucket/p/' },
    listing: {
      type: 'string',
      requiresArg: true,
      describe: 'instead of a directory: output of `aws s3 ls --recursive` or `rclone lsf -R`',
    },
    out: { type: 'string', requiresArg: true, describe: 'write it to this file instead of standard output' },
    force: { type: 'boolean', default: false, describe: 'write over the file of --out' },
    title: { type: 'string', requiresArg: true, default: 'path', describe: 'path, name or a template, as in the config' },
    subdirectories: { choices: ['group', 'sequence', 'individual'] as const, default: 'group', describe: 'as in the config' },
    dicom: { type: 'boolean', default: false, describe: 'take DICOM files too, as series; they may hold patient data' },
    ignore: { type: 'string', array: true, requiresArg: true, default: [] as string[], describe: 'gitignore pattern of what to leave out' },
  },
  exits: [
    [EXIT.ok, 'written; what was left out is told on standard error'],
    [EXIT.usage, 'usage, nothing to write, or the file is there already'],
  ],
  examples: [
    ['json ./drone --url-prefix s3://lab/drone/ --out files.json', 'of a directory that is mirrored to the bucket'],
    ['json --listing objects.txt --url-prefix s3://lab/drone/', 'of `aws s3 ls --recursive s3://lab/drone/ > objects.txt`'],
  ],
  async run({ dir, listing, out: file, force, title, subdirectories, dicom, ignore, 'url-prefix': prefix }, context) {
    const bucket = bucketUrl(prefix)
    const parsed = parseTitle(title)
    if ('problem' in parsed) throw refusal(`--title ${displayName(title)}: ${parsed.problem}`, 'encord-sync cloud json --help')
    const policy = { title: parsed.kind === 'template' ? { ...parsed, host: context.host.hostName ?? '' } : parsed, subdirectories }
    const { cloudJson } = await import('../../app/cloudItems.ts')
    const json = cloudJson(await treeOf({ dir, listing, dicom, ignore }, bucket, context), bucket.urlPrefix, policy)
    const { videos, image_groups: groups, images, dicom_series: series = [] } = json.files
    const items = videos.length + groups.length + images.length + series.length
    tellLeft(json, items, context)
    if (items === 0) throw refusal('there is no video or image to name', 'encord-sync ignore test PATH (why a file is left out)')
    if (file === undefined) {
      if (context.out.isJson) context.out.json(json.files)
      else context.out.print(stringifyExactly(json.files, 2))
      return EXIT.ok
    }
    writeOut(resolve(context.host.directory, file), stringifyExactly(json.files, 2), force)
    const counts = { videos: videos.length, image_groups: groups.length, images: images.length, dicom_series: series.length }
    context.out.show({ file, ...counts, urls: json.urls, left: json.left }, () =>
      [
        `${displayName(file)}: ${amount(counts.videos, 'video')}, ${amount(counts.image_groups, 'image group')}, ${amount(counts.images, 'image')}${series.length === 0 ? '' : `, ${series.length} DICOM series`}`,
        `next: encord-sync cloud add --integration ID ${pathArgument(file)}`,
      ].join('\n'),
    )
    return EXIT.ok
  },
})

type Source = {
  readonly dir: string | undefined
  readonly listing: string | undefined
  readonly dicom: boolean
  readonly ignore: readonly string[]
}

async function treeOf({ dir, listing, dicom, ignore }: Source, bucket: BucketUrl, context: CommandContext) {
  const { localTree, listedTree } = await import('../../app/cloudTree.ts')
  const { systemClock } = await import('../../app/systemClock.ts')
  if ((dir === undefined) === (listing === undefined)) {
    throw refusal('name either a directory or a --listing', 'encord-sync cloud json --help')
  }
  if (dicom && dir === undefined)
    throw refusal('--dicom needs a directory: a listing does not tell which series a file is of', 'encord-sync cloud json DIR')
  if (dicom) context.out.warn('DICOM files hold patient data: what lies in the bucket is shown to whoever may open the dataset')
  if (dir !== undefined)
    return await localTree(directoryAt(dir, context), ignore, dicom ? 'taken' : 'left', { clock: systemClock, signal: context.signal })
  const { format, objects, outside } = parseBucketListing(textAt(listing ?? '', context), bucket.keyPrefixes)
  context.out.note(`read as the output of \`${format}\`: ${objects.length} objects`)
  if (outside.length > 0) {
    context.out.warn(`${outside.length} names are not below ${bucket.urlPrefix}, ${displayName(outside[0] ?? '')} the first of them`)
  }
  return listedTree(objects, ignore)
}

function directoryAt(dir: string, { host }: CommandContext): string {
  try {
    const real = realpathSync(resolve(host.directory, dir))
    return real
  } catch (error) {
    throw refusal(`${displayName(dir)} cannot be read (${(error as NodeJS.ErrnoException).code ?? ''})`, 'name a directory that is there')
  }
}

function textAt(file: string, { host }: CommandContext): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(resolve(host.directory, file)))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'ERR_ENCODING_INVALID_ENCODED_DATA' ? 'is not UTF-8 text' : `cannot be read (${code ?? ''})`
    throw refusal(`${displayName(file)} ${why}`, 'name the file that the listing was written to')
  }
}

function tellLeft({ left, ignored, urls }: CloudJson, items: number, { out }: CommandContext): void {
  for (const { path, why } of left.slice(0, LEFT_SHOWN)) out.note(`left out: ${displayName(path)}: ${displayName(why)}`)
  if (left.length > LEFT_SHOWN) out.note(`left out: ${left.length - LEFT_SHOWN} more`)
  if (ignored > 0) out.note(`ignored: ${ignored}`)
  if (items > MOST_ITEMS || urls > MOST_URLS) {
    out.warn(`${items} items with ${urls} URLs: Encord takes ${MOST_ITEMS} and ${MOST_URLS} in one file`)
  }
}

/** Readable by others: it holds no secret. @throws UserError (2) when it is there already */
function writeOut(path: string, text: string, force: boolean): void {
  try {
    const descriptor = openSync(path, force ? 'w' : 'wx', 0o644)
    try {
      // The program's umask is for the ledger, and would take this file from everyone else.
      fchmodSync(descriptor, 0o644)
      writeFileSync(descriptor, `${text}\n`)
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') throw refusal(`${displayName(path)} is there already`, 'name another file, or say --force')
    throw refusal(`${displayName(path)} cannot be written (${code ?? ''})`, 'name another file with --out')
  }
}

function refusal(what: string, next: string): UserError {
  return new UserError(EXIT.usage, { what, notDone: 'nothing was written', next })
}
