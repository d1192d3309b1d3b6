import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import tls from 'node:tls'
import { expect, test } from 'vitest'
import { trustedCertificates } from '../../src/encord/agents.ts'
import { usualAuthorities } from '../../src/network/trust.ts'
import { openTestRemote } from '../support/encordClient.ts'
import { LAB_AUTHORITY, LAB_SERVER } from '../support/labCertificates.ts'
import { scratchFolder } from '../support/scratchFolder.ts'
import { ok, openScriptedServer } from '../support/scriptedServer.ts'
import { SELF_SIGNED } from '../support/selfSigned.ts'

test('a company’s authority is trusted besides the usual ones, those of NODE_EXTRA_CA_CERTS among them', () => {
  using scratch = scratchFolder()
  const [extra, own] = [join(scratch.path, 'extra.pem'), join(scratch.path, 'own.pem')]
  writeFileSync(extra, `the lab's\n${LAB_AUTHORITY}\n${SELF_SIGNED.cert}`)
  writeFileSync(own, SELF_SIGNED.cert)
  // Where Node tells its list itself, it read the variable at its start.
  if (!('getCACertificates' in tls))
    expect(usualAuthorities({ NODE_EXTRA_CA_CERTS: extra }).slice(-2)).toEqual([LAB_AUTHORITY.trim(), SELF_SIGNED.cert.trim()])
  expect(usualAuthorities({ NODE_EXTRA_CA_CERTS: join(scratch.path, 'none') }).length).toBeGreaterThanOrEqual(tls.rootCertificates.length)
  expect(trustedCertificates(own)).toEqual([...usualAuthorities(process.env), SELF_SIGNED.cert])
})

test('a call to a server of the company’s authority is answered', async () => {
  using scratch = scratchFolder()
  const caFile = join(scratch.path, 'ca.pem')
  writeFileSync(caFile, LAB_AUTHORITY)
  await using server = await openScriptedServer({ tls: LAB_SERVER })
  using client = openTestRemote(server.url, { caFile })
  server.script(ok({ title: 'k', resource_type: 'dataset' }))
  expect(await client.remote.keyMeta()).toMatchObject({ title: 'k' })
})
