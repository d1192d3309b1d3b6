import fetch from 'node-fetch'
import type { Clock } from '../model/clock.ts'
import { proxyFor } from '../network/proxy.ts'
import { proxyWords, Tunnel } from '../network/tunnel.ts'

export type WebhookTools = { readonly clock: Clock }

/** An answer that takes longer is not waited for, ms. */
const LONGEST_MS = 10_000

/**
 * Posts the text as JSON; redirects are not followed. The address is a secret as a whole: messages hold its host alone.
 * @returns why it failed; null for an answer 2xx
 */
export async function postWebhook(address: string, body: string, { clock }: WebhookTools): Promise<string | null> {
  const url = URL.canParse(address) ? new URL(address) : null
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return 'the webhook is no http or https address'
  const proxy = proxyFor(url)
  const [late, answered] = [new AbortController(), new AbortController()]
  const timer = clock.sleep(LONGEST_MS, answered.signal).then(
    () => late.abort(),
    () => undefined,
  )
  try {
    const response = await fetch(url.href, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'User-Agent': 'encord-sync' },
      body,
      redirect: 'manual',
      ...(proxy === null ? {} : { agent: new Tunnel(proxy, {}) }),
      signal: late.signal,
    })
    ;(response.body as { destroy?(): void; on?(event: string, listener: () => void): void } | null)?.on?.('error', () => undefined)
    ;(response.body as { destroy?(): void } | null)?.destroy?.()
    return response.status >= 200 && response.status < 300 ? null : `the webhook at ${url.host} answered HTTP ${response.status}`
  } catch (error) {
    const code = (error as { readonly code?: unknown }).code
    const why = late.signal.aborted
      ? `no answer within ${LONGEST_MS / 1000} s`
      : typeof code === 'string'
        ? (proxyWords(code) ?? code)
        : 'the connection broke'
    return `the webhook at ${url.host} could not be reached (${why})`
  } finally {
    answered.abort()
    await timer
  }
}
