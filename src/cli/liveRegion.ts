import { createLogUpdate } from 'log-update'
import type { Progress } from '../sync/engine.ts'
import type { CommandContext } from './command.ts'
import { type Pace, pacesWith, progressLines, rateOf, summaryLine } from './onceView.ts'

/** Where progress is shown: one calm region on a terminal, a plain line now and then elsewhere, nothing with `--json`. */
export type LiveRegion = { show(progress: Progress): void; end(): void }

/** Between two progress lines where there is no terminal, ms. */
const PLAIN_MS = 30_000

export function openLiveRegion({ out, host }: CommandContext): LiveRegion {
  let paces: readonly Pace[] = []
  const rate = (progress: Progress): number | null => {
    paces = pacesWith(paces, { sentBytes: progress.sentBytes, atMs: host.nowMs() })
    return rateOf(paces)
  }
  if (out.isJson) return { show: () => undefined, end: () => undefined }
  if (!out.terminal.live) {
    let lastMs = host.nowMs()
    return {
      show(progress) {
        const bytesPerSecond = rate(progress)
        if (host.nowMs() - lastMs < PLAIN_MS) return
        lastMs = host.nowMs()
        out.print(summaryLine(progress, bytesPerSecond))
      },
      end: () => undefined,
    }
  }
  const update = createLogUpdate(host.stdout)
  return {
    show: (progress) => update(progressLines(progress, rate(progress), out.terminal.width ?? 80).join('\n')),
    end: () => update.clear(),
  }
}
