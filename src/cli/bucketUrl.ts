import { URL_PREFIX_FORM, URL_PREFIX_PATTERN, withSlash } from '../config/via.ts'
import { displayName } from '../model/displayName.ts'
import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'

/** Where a bucket's objects are: the URL that each of theirs begins with, and how their keys may begin. */
export type BucketUrl = { readonly urlPrefix: string; readonly keyPrefixes: readonly string[] }

/**
 * `--url-prefix` as it was typed, with a slash at its end. Of an https URL the first part of the path may be the bucket.
 * @throws UserError (2)
 */
export function bucketUrl(given: string): BucketUrl {
  const urlPrefix = withSlash(given)
  const found = URL_PREFIX_PATTERN.test(urlPrefix) ? /^(\w+):\/\/[^/]+\/(.*)$/.exec(urlPrefix) : null
  const path = decoded(found?.[2] ?? '')
  if (found === null || path === null) {
    throw new UserError(EXIT.usage, {
      what: `--url-prefix ${displayName(given)}: not ${URL_PREFIX_FORM}`,
      notDone: 'nothing was written',
      next: 'write spaces and other special characters of it percent-encoded (%20)',
    })
  }
  const slash = path.indexOf('/')
  return { urlPrefix, keyPrefixes: found[1] === 'https' && slash >= 0 ? [path, path.slice(slash + 1)] : [path] }
}

function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path)
  } catch {
    return null
  }
}
