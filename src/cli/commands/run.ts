import { liveChanges } from '../../config/fixed.ts'
import { EXIT } from '../../model/exitCode.ts'
import { command } from '../command.ts'
import { openCommandLog } from '../commandLog.ts'
import { deliverNotice, summaryOf } from '../deliverNotice.ts'
import { storyOf } from '../failure.ts'

/** The service, in the foreground: systemd and launchd start it, a terminal may too. */
export const run = command({
  usage: 'run',
  about: 'keep the folders in step until stopped',
  exits: [
    [EXIT.ok, 'stopped by SIGINT or SIGTERM, nothing half done'],
    [EXIT.failed, 'ended by a failure of its own, a full ledger disk for one'],
    [EXIT.usage, 'usage or config'],
    [EXIT.locked, 'another instance holds the ledger'],
  ],
  examples: [
    ['run', 'with the config in its usual place'],
    ['run --config lab.yaml', 'with this one'],
  ],
  async run(_args, context) {
    const load = () => context.config({ keysNeeded: true, foldersNeeded: true })
    const config = load()
    const log = openCommandLog(context, config.log)
    const { runAndStay } = await import('../../daemon/stay.ts')
    const { openNotifier } = await import('../../daemon/systemdNotify.ts')
    const { compactHeap } = await import('../../daemon/compactHeap.ts')
    compactHeap()
    // As log rotation by others ends: the file that was moved away is let go.
    const onHangup = (listener: () => void) =>
      context.host.onHangup(() => {
        log.reopen()
        listener()
      })
    const { systemClock } = await import('../../app/systemClock.ts')
    try {
      await runAndStay(config, {
        clock: systemClock,
        random: Math.random,
        log,
        signal: context.signal,
        crashPoint: () => undefined,
        env: context.env,
        version: context.host.version,
        notifier: openNotifier(context.env, process.pid, (why) =>
          log.emit('service.unheard', { why, next: 'install the program systemd-notify' }),
        ),
        storyOf,
        onReady: () => undefined,
        source: { load, liveChanges, onHangup },
        deliver: async (notice, { notify }) => summaryOf(notify === null ? [] : await deliverNotice(notice, notify, context.env)),
        setLogLevel: (level) => log.setLevel(level),
      })
      return EXIT.ok
    } finally {
      await log.close()
    }
  },
})
