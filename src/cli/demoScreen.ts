import { createLogUpdate } from 'log-update'
import type { DemoScreen } from '../demo/demo.ts'
import { regionLines, uploadsLine, type ViewLine } from '../demo/liveView.ts'
import type { Host } from './command.ts'
import type { Out } from './text/out.ts'
import { cut } from './text/table.ts'

/** Between two looks at the uploads in hand, on a terminal and where each makes a line, ms. */
const LIVE_MS = 100
const PLAIN_MS = 1000

/** The screen of the demo: on a terminal lines that stay, and one calm region below them; plain lines elsewhere; nothing with `--json`. */
export function openDemoScreen(out: Out, host: Pick<Host, 'stdout'>): DemoScreen {
  if (out.isJson) return { redrawMs: PLAIN_MS, line: () => undefined, region: () => undefined, clear: () => undefined }
  const shown = (line: ViewLine) => styled(line, out)
  if (out.terminal.live) {
    const update = createLogUpdate(host.stdout)
    return {
      redrawMs: LIVE_MS,
      line: (line) => update.persist(shown(line)),
      region: (snapshot) => update(regionLines(snapshot).map(shown).join('\n')),
      clear: () => {
        update.clear()
        update.done()
      },
    }
  }
  let last = ''
  return {
    redrawMs: PLAIN_MS,
    line: (line) => out.print(shown(line)),
    region({ uploads }) {
      const line = uploadsLine(uploads)
      if (line === null || line.text === last) return
      last = line.text
      out.print(shown(line))
    },
    clear: () => undefined,
  }
}

function styled({ text, tone }: ViewLine, { style, terminal }: Out): string {
  const fitting = terminal.width === null ? text : cut(text, terminal.width - 1)
  if (tone === 'plain') return fitting
  return { strong: style.bold, dim: style.dim, good: style.green, bad: style.red }[tone](fitting)
}
