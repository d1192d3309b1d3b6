import { adopt } from './commands/adopt.ts'
import { cloud } from './commands/cloud.ts'
import { completion } from './commands/completion.ts'
import { config } from './commands/config.ts'
import { dataset } from './commands/dataset.ts'
import { deleteRowsCommand } from './commands/delete.ts'
import { deletes } from './commands/deletes.ts'
import { demo } from './commands/demo.ts'
import { doctor } from './commands/doctor.ts'
import { emulator } from './commands/emulator.ts'
import { folders } from './commands/folders.ts'
import { history } from './commands/history.ts'
import { ignore } from './commands/ignore.ts'
import { init } from './commands/init.ts'
import { integrations } from './commands/integrations.ts'
import { key } from './commands/key.ts'
import { ledger } from './commands/ledger.ts'
import { notify } from './commands/notify.ts'
import { once } from './commands/once.ts'
import { pause, resume } from './commands/pause.ts'
import { plan } from './commands/plan.ts'
import { reload } from './commands/reload.ts'
import { retry } from './commands/retry.ts'
import { run } from './commands/run.ts'
import { service } from './commands/service.ts'
import { status } from './commands/status.ts'
import { units } from './commands/units.ts'
import { verify } from './commands/verify.ts'
import { why } from './commands/why.ts'
import type { HelpSection } from './help.ts'

/** All commands, by what people want to do; the first help page follows this order. */
export const SECTIONS: readonly HelpSection[] = [
  { heading: 'Sync', commands: [run, once, plan] },
  { heading: 'Look', commands: [status, units, why] },
  { heading: 'Decide', commands: [retry, deletes, folders, adopt, pause, resume] },
  { heading: 'Set up', commands: [demo, init] },
  { heading: 'Tools', commands: [doctor, service, config, reload, notify, ignore, emulator, completion], isBrief: true },
  { heading: 'Proof', commands: [verify, history, ledger], isBrief: true },
  { heading: 'Encord itself', commands: [dataset, key, integrations, cloud, deleteRowsCommand], isBrief: true },
]
