import { type Notice, noticeJson } from '../model/notice.ts'
import { runCommand } from './runCommand.ts'
import { postWebhook, type WebhookTools } from './webhook.ts'

/** Whom the config names. `readWebhook` gives the address as it is now; it is a secret, and so is why it can't be read. */
export type Recipients = {
  readonly command: readonly string[] | null
  readWebhook(): { readonly url: string | null } | { readonly problem: string }
}

export type DeliverTools = WebhookTools & { readonly env: NodeJS.ProcessEnv; readonly host: string }

/** How it went with each recipient; `why` holds no secret and is null when it was delivered. */
export type Delivery = { readonly by: 'command' | 'webhook'; readonly why: string | null }

/** Hands a notice to every recipient. Ends within seconds, whatever they do. */
export async function deliver(notice: Notice, { command, readWebhook }: Recipients, tools: DeliverTools): Promise<readonly Delivery[]> {
  const body = noticeJson(notice, tools.host)
  const done: Promise<Delivery>[] = []
  if (command !== null) done.push(runCommand(command, body, tools.env).then((why) => ({ by: 'command', why })))
  const webhook = readWebhook()
  if ('problem' in webhook) done.push(Promise.resolve({ by: 'webhook', why: webhook.problem }))
  else if (webhook.url !== null) done.push(postWebhook(webhook.url, body, tools).then((why) => ({ by: 'webhook', why })))
  return await Promise.all(done)
}
