import { UserError } from '../model/error.ts'
import { EXIT } from '../model/exitCode.ts'
import { isLoopbackHost } from './addressKind.ts'

/**
 * The server's base URL.
 * @throws UserError exit 2 when it is no URL, holds credentials, or is plain http to another machine (the key would be readable on the way)
 */
export function parseDomain(domain: string): URL {
  const url = URL.canParse(domain) ? new URL(domain) : null
  const secure = url !== null && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname)))
  if (url !== null && secure && url.username === '' && url.password === '') return url
  throw new UserError(EXIT.usage, {
    what: 'encord.domain is no https address',
    notDone: 'Nothing was sent.',
    next: 'Give a URL such as https://api.encord.com; plain http works to this machine only.',
  })
}

/** `<domain>/public` or `<domain>/public/user`, whether or not the domain ends with a slash. */
export function endpointUrl(domain: URL, path: '/public' | '/public/user'): URL {
  return new URL(domain.origin + domain.pathname.replace(/\/+$/, '') + path)
}
