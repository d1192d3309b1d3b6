import { needsPassphrase, openSigner } from '../encord/signer.ts'
import { openUserClient, type UserClient } from '../encord/userClient.ts'
import type { Clock, Random } from '../model/clock.ts'

/** Whether the text of a private key needs a passphrase; false also for what is no key at all. */
export function hasPassphrase(privateKey: string): boolean {
  return needsPassphrase(privateKey)
}

/** Who a user is to the server. */
export type UserIdentity = {
  readonly domain: string
  readonly caFile: string | null
  /** The text of an OpenSSH ed25519 key. */
  readonly privateKey: string
  readonly passphrase: string | null
}

export type CallTools = { readonly clock: Clock; readonly random: Random; readonly signal: AbortSignal }

/**
 * Opens the calls that are signed with a user's private key: making datasets and API keys.
 * @throws UserError (2) for another kind of key, a missing or wrong passphrase
 */
export function openUserCalls(user: UserIdentity, tools: CallTools): UserClient {
  return openUserClient({
    domain: user.domain,
    caFile: user.caFile ?? undefined,
    signer: openSigner(user.privateKey, user.passphrase ?? undefined),
    limits: { maxSockets: 1 },
    ...tools,
  })
}
