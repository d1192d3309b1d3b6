import { openOut } from '../../src/cli/text/out.ts'
import { openLog } from '../../src/log/log.ts'
import { Secrets } from '../../src/model/secrets.ts'

// A process that logs and prints as many lines as its parent asks for, and says when it has.
const secrets = new Secrets()
const log = openLog({ level: 'debug', format: 'json', stream: process.stderr, colour: false, secrets, wallMs: () => 0 })
const out = openOut({ stdout: process.stdout, stderr: process.stderr, env: {}, plain: true, json: false, secrets })

process.on('message', (lines: number) => {
  for (let line = 0; line < lines; line++) {
    log.emit('config.warning', { text: `line ${line}` })
    out.print(`line ${line}`)
    out.warn(`line ${line}`)
  }
  void out.flushed().then(() => process.send?.({ stdoutClosed: out.closed }))
})
process.on('disconnect', () => void log.close())
