import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { EXIT } from '../../model/exitCode.ts'
import { command } from '../command.ts'
import { openDemoScreen } from '../demoScreen.ts'
import { interruptedText, keepRunningText, resultText, startText } from '../demoText.ts'

/** A step that takes longer fails, ms; on an idle machine each takes a few seconds. */
const STEP_LIMIT_MS = 60_000

/** The whole thing against the built-in emulator: no account, no network but loopback. */
export const demo = command({
  usage: 'demo',
  about: 'see it all at work, against the built-in emulator',
  options: { 'keep-running': { type: 'boolean', default: false, describe: 'stay up afterwards, for playing, until Ctrl-C' } },
  exits: [
    [EXIT.ok, 'every row of the dataset equals its file'],
    [EXIT.failed, 'a step failed or was stopped, or a row differs; it is named'],
    [EXIT.usage, 'usage'],
  ],
  examples: [
    ['demo', 'about 20 s; needs no account'],
    ['demo --keep-running', 'then drop files of your own into its folder'],
  ],
  async run({ 'keep-running': keepRunning }, { host, env, out, signal }) {
    const { follow, runDemo } = await import('../../demo/demo.ts')
    const { systemClock } = await import('../../app/systemClock.ts')
    const screen = openDemoScreen(out, host)
    // Without a listener a closed terminal would end this process and leave the service behind.
    process.once('SIGHUP', () => process.exit(129))
    const main = fileURLToPath(new URL('../main.js', import.meta.url))
    const names = {
      main,
      isNpm: env['npm_lifecycle_event'] === 'demo',
      directory: host.directory,
      style: out.style,
      width: out.terminal.width,
    }
    const result = await runDemo({
      serviceArgv: [process.execPath, main, 'run'],
      parent: tmpdir(),
      env,
      clock: systemClock,
      signal,
      limitMs: STEP_LIMIT_MS,
      screen,
      onStart: (start) => out.print(startText(start, names)),
      async onResult(shown, service) {
        out.show(shown, () => (signal.aborted ? interruptedText(shown) : resultText(shown, names)))
        if (!keepRunning || !shown.ok) return
        out.print(keepRunningText(shown, names))
        await follow(service, screen, signal)
      },
    })
    return result.ok ? EXIT.ok : EXIT.failed
  },
})
