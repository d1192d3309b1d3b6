import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { deletesBox } from '../../support/deletesBox.ts'

/** Runs in a mount namespace of its own: a disk below the folder is taken out, and another one of the same type put in. */
await using box = await deletesBox('a.jpg', 'b.jpg', 'c.jpg')
mkdirSync(box.at('card'))
const mount = (): unknown => execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', box.at('card')])
const unmount = (): unknown => execFileSync('umount', ['-l', box.at('card')])

mount()
for (const name of ['1.mp4', '2.mp4']) box.put(`card/${name}`)
await using sync = await box.open()
unmount()
await sync.confirm()
const away = { deletes: box.deletes(), units: sync.units() }
mount()
box.put('card/3.mp4')
await sync.confirm()
const other = { deletes: box.deletes(), units: sync.units() }
unmount()
console.log(`RESULT ${JSON.stringify({ away, other, titles: box.titles() })}`)
