import { UserError } from '../../model/error.ts'
import { EXIT } from '../../model/exitCode.ts'
import { command } from '../command.ts'

/** Has the service read its config again; it does so by itself when the file changes. */
export const reload = command({
  usage: 'reload',
  about: 'have the service read its config again',
  exits: [
    [EXIT.ok, 'the config is in force; what waits for a restart is named'],
    [EXIT.usage, 'no service runs, or the config is invalid: the one before it stays'],
    [EXIT.locked, 'someone holds the ledger and does not answer'],
  ],
  examples: [
    ['reload', 'at once, where the service would notice within seconds'],
    ['reload --json', 'what came of it, for scripts'],
  ],
  async run(_args, context) {
    const local = await context.local('write')
    try {
      const view = await local.reload()
      if (view === null) throw noService()
      if (view.state === 'invalid') throw invalid(view.problem ?? '')
      const waits = view.restartNeeded.length === 0 ? '' : `; restart needed for ${view.restartNeeded.join(', ')}`
      context.out.show(view, () => `the config is in force${waits}`)
      return EXIT.ok
    } finally {
      await local.close()
    }
  },
})

function noService(): UserError {
  return new UserError(EXIT.usage, {
    what: 'no service runs that could read its config again',
    notDone: 'nothing was changed; the next start reads the config as it is then',
    next: 'encord-sync run',
  })
}

function invalid(problem: string): UserError {
  return new UserError(EXIT.usage, {
    what: problem,
    notDone: 'the config before it stays in force',
    next: 'encord-sync config check',
  })
}
