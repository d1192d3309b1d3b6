import type { NotifyConfig } from '../../config/loadedConfig.ts'
import { UserError } from '../../model/error.ts'
import { EXIT } from '../../model/exitCode.ts'
import type { Notice } from '../../model/notice.ts'
import { command, commandGroup } from '../command.ts'
import { deliverNotice } from '../deliverNotice.ts'

const test = command({
  usage: 'test',
  about: 'send one notice, to see that it arrives',
  exits: [
    [EXIT.ok, 'every recipient took it'],
    [EXIT.failed, 'one of them did not; the reason is printed'],
    [EXIT.usage, 'usage or config, or nobody is to be told'],
  ],
  examples: [
    ['test', 'to the command and the webhook of the config'],
    ['test --json', 'how it went with each, for scripts'],
  ],
  async run(_args, context) {
    const { notify } = context.config()
    if (notify === null) throw nobody()
    const deliveries = await deliverNotice(testNotice(context.host.nowMs()), notify, context.env)
    if (deliveries.length === 0) throw nobody()
    context.out.show({ deliveries }, () =>
      deliveries.map(({ by, why }) => (why === null ? `the ${by} took it` : `it did not arrive: ${why}`)).join('\n'),
    )
    return deliveries.every(({ why }) => why === null) ? EXIT.ok : EXIT.failed
  },
})

/** Whom the service tells what needs a person. */
export const notify = commandGroup('notify', 'whom the service tells what needs a person', [test])

function testNotice(nowMs: number): Notice {
  const what = 'this is a test: notices arrive here'
  return { event: 'test', key: 'test', cause: 'test', folder: null, what, next: 'encord-sync status', sinceMs: nowMs, atMs: nowMs }
}

function nobody(): UserError {
  const example: keyof NotifyConfig = 'command'
  return new UserError(EXIT.usage, {
    what: 'the config names nobody to tell (notify)',
    notDone: 'nothing was sent',
    next: `add notify: { ${example}: [notify-send, encord-sync] } or a webhook to the config`,
  })
}
