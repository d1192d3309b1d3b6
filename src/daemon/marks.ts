import type { Engine } from '../sync/engine.ts'
import type { Supervised } from './supervise.ts'

/** What the engine is at, for the judgement whether it moves. */
export function marksOf(engine: Pick<Engine, 'progress' | 'lastRoundMs'>, surveySteps: () => number): ReturnType<Supervised['marks']> {
  const { folders, sentBytes, sentUnits } = engine.progress()
  const inHand = folders.reduce((sum, folder) => sum + folder.inHand, 0)
  const queued = folders.reduce((sum, folder) => sum + folder.queued, 0)
  return {
    loop: { busy: true, progress: engine.lastRoundMs() },
    scanner: { busy: folders.some((folder) => folder.scanning), progress: surveySteps() },
    queue: { busy: inHand > 0, progress: [inHand, queued, sentUnits, sentBytes].join(' ') },
  }
}
