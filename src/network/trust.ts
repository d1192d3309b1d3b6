import { readFileSync } from 'node:fs'
import tls from 'node:tls'

/**
 * The authorities that are trusted anyway: those of Node, of NODE_EXTRA_CA_CERTS, and of the system where Node is told to (`--use-system-ca`).
 * A list handed to a connection takes the place of these, so that whoever adds one has to hand on these as well.
 */
export function usualAuthorities(env: NodeJS.ProcessEnv): readonly string[] {
  // From Node 22.15 on Node tells.
  const { getCACertificates } = tls as { getCACertificates?(type: 'default'): readonly string[] }
  if (getCACertificates !== undefined) return getCACertificates('default')
  const extra = env['NODE_EXTRA_CA_CERTS']
  return [...tls.rootCertificates, ...(extra === undefined ? [] : certificatesIn(extra))]
}

/** Node itself goes on without a file that it cannot read. */
function certificatesIn(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
  } catch {
    return []
  }
}
