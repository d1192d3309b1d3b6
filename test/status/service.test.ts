import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { jpeg } from '../support/mediaVariants.ts'
import { serviceBox, stop } from '../support/serviceBox.ts'

test.concurrent('the service serves its page from the start to the stop, and its log says where but never the token', async () => {
  await using box = await serviceBox({ top: { status: { listen: '127.0.0.1:0' } } })
  box.put('a.jpg', jpeg(1))
  const service = await box.run()
  await box.untilTitles('a.jpg')
  await service.until('unit.synced')
  const { url, tokenFile } = await service.until('status.listening')
  expect(statSync(String(tokenFile)).mode & 0o777).toBe(0o600)
  expect(dirname(String(tokenFile))).toBe(box.ledgerDir)
  const token = readFileSync(String(tokenFile), 'utf8').trim()
  const headers = { authorization: `Bearer ${token}` }
  expect(await (await fetch(`${url}healthz`)).text()).toBe('ok\n')
  // After its registration a unit is planned once more before it is in step.
  const units = async () => (await (await fetch(`${url}api/units`, { headers })).json()) as unknown
  await expect.poll(units, { timeout: 120_000 }).toMatchObject([{ path: 'a.jpg', state: 'synced' }])
  expect(await (await fetch(String(url))).text()).toContain(box.folder)
  expect((await fetch(`${url}api/status`, { method: 'POST', headers })).status).toBe(405)
  const { code, stderr } = await stop(service)
  expect(code).toBe(0)
  expect(stderr).not.toContain(token)
  await expect(fetch(String(url))).rejects.toThrow()
})

test.concurrent('an address in use ends the start with code 2 before anything is sent, and leaves nothing behind', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const listen = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  await using box = await serviceBox({ top: { status: { listen } } })
  box.put('a.jpg', jpeg(1))
  const { code, stderr } = await box.command(['run'])
  expect(code).toBe(2)
  expect(stderr).toContain(`the status page cannot be served on ${listen}: another program listens there`)
  expect(stderr).toMatch(/next: give status\.listen another address/)
  expect(box.registrations()).toBe(0)
  other.close()
  await once(other, 'close')
  expect((await box.once()).code).toBe(0)
  expect(box.titles()).toEqual(['a.jpg'])
})
