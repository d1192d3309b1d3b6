import { createHash, createPublicKey, verify } from 'node:crypto'
import sshpk from 'sshpk'
import { describe, expect, test } from 'vitest'
import { openSigner } from '../../src/encord/signer.ts'
import { openUserClient, type UserClient } from '../../src/encord/userClient.ts'
import { clientOptions, DATASET, failureOf } from '../support/encordClient.ts'
import { ENCRYPTED_KEY } from '../support/encryptedKey.ts'
import { ok, openScriptedServer, page, word } from '../support/scriptedServer.ts'

const PASSPHRASE = 'SECRET passphrase'
const key = sshpk.generatePrivateKey('ed25519')
const plainKey = key.toString('openssh')

/** ed25519 in SubjectPublicKeyInfo: RFC 8410. */
function verified(header: string, body: Buffer): boolean {
  const [publicHex = '', signatureHex = ''] = header.split(':')
  const der = Buffer.from(`302a300506032b6570032100${publicHex}`, 'hex')
  const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' })
  return verify(null, createHash('sha256').update(body).digest(), publicKey, Buffer.from(signatureHex, 'hex'))
}

describe('a user’s signature', () => {
  test('is ed25519 over the SHA-256 digest of the bytes, as node:crypto sees it', () => {
    const signer = openSigner(plainKey)
    const body = Buffer.from('{"a":"ü"}')
    const header = signer.authorization(body)
    expect(header).toMatch(/^[0-9a-f]{64}:[0-9a-f]{128}$/)
    expect(header.startsWith(signer.publicKeyHex)).toBe(true)
    expect(verified(header, body)).toBe(true)
    expect(verified(header, Buffer.from('{"a":"u"}'))).toBe(false)
  })

  test('comes from a key with a passphrase as well', () => {
    const body = Buffer.from('x')
    const signer = openSigner(ENCRYPTED_KEY.text, ENCRYPTED_KEY.passphrase)
    expect(verified(signer.authorization(body), body)).toBe(true)
  })

  test.each([
    ['a key whose passphrase is missing', () => openSigner(ENCRYPTED_KEY.text), /passphrase/],
    ['a key whose passphrase is wrong', () => openSigner(ENCRYPTED_KEY.text, PASSPHRASE), /passphrase is wrong/],
    ['an ECDSA key', () => openSigner(sshpk.generatePrivateKey('ecdsa').toString('openssh')), /ecdsa; Encord takes ed25519/],
    ['a public key', () => openSigner(key.toPublic().toString('ssh')), /no OpenSSH private key/],
    ['an empty file', () => openSigner(''), /no OpenSSH private key/],
  ])('%s ends with exit 2 and no secret', (_name, open, message) => {
    const error = thrown(open)
    expect(error).toMatchObject({ name: 'UserError', exitCode: 2, message: expect.stringMatching(message) })
    expect(String(error)).not.toContain('SECRET')
  })
})

const apiKey = { resource_hash: DATASET, api_key: 'k', title: 't', key_hash: 'kh', scopes: '["dataset.read","dataset.write"]' }
const parsedKey = { datasetHash: DATASET, apiKey: 'k', title: 't', keyHash: 'kh', scopes: ['dataset.read', 'dataset.write'] }
const made = { title: 'T', type: 0, dataset_hash: DATASET, user_hash: 'u' }

describe('each user call has the form of the vendor’s document, and its signature fits the bytes', () => {
  test.each([
    {
      name: 'a dataset is made',
      run: (c: UserClient) => c.createDataset({ title: 'T', storage: 'AWS_S3', description: 'D' }),
      query: ['dataset', 'POST', { title: 'T', type: 1, description: 'D' }],
      response: made,
      result: { datasetHash: DATASET, title: 'T' },
    },
    {
      name: 'a key is made',
      run: (c: UserClient) => c.createKey({ datasetHash: DATASET, title: 't' }),
      query: ['datasetapikey', 'POST', { dataset_hash: DATASET, title: 't', scopes: ['dataset.read', 'dataset.write'] }],
      response: apiKey,
      result: parsedKey,
    },
    {
      name: 'keys are listed',
      run: (c: UserClient) => c.listKeys(DATASET),
      query: ['datasetapikey', 'GET', { dataset_hash: DATASET }],
      response: [apiKey, { ...apiKey, scopes: ['dataset.read'] }],
      result: [parsedKey, { ...parsedKey, scopes: ['dataset.read'] }],
    },
    {
      name: 'the key there is, else a new one',
      run: (c: UserClient) => c.getOrCreateKey(DATASET),
      query: ['datasetapikey', 'PUT', { dataset_hash: DATASET }],
      response: apiKey,
      result: parsedKey,
    },
  ])('$name', async ({ run, query, response, result }) => {
    await using server = await openScriptedServer()
    using client = openTestUser(server.url)
    server.script(ok(response))
    expect(await run(client)).toEqual(result)
    const [request] = server.requests
    const [query_type, query_method, payload] = query
    expect(JSON.parse(String(request?.body))).toEqual({ query_type, query_method, values: { uid: null, payload } })
    expect(request?.path).toBe('/public/user')
    expect(request?.headers).not.toHaveProperty('resourceid')
    expect(verified(request?.headers.authorization ?? '', request?.body ?? Buffer.alloc(0))).toBe(true)
  })

  test('what makes something is sent once; an unknown key is a matter of credentials', async () => {
    await using server = await openScriptedServer()
    using client = openTestUser(server.url)
    server.script(page(503))
    const newDataset = { title: 'T', storage: 'CORD_STORAGE', description: '' } as const
    expect(await failureOf(client.createDataset(newDataset))).toMatchObject({ kind: 'transient', outcome: 'unknown' })
    expect(await failureOf(client.createKey({ datasetHash: DATASET, title: 't' }))).toMatchObject({ kind: 'transient', outcome: 'unknown' })
    expect(server.requests).toHaveLength(2)
    server.script(word('SSH_KEY_NOT_FOUND_ERROR', 401))
    expect(await failureOf(client.listKeys(DATASET))).toMatchObject({ kind: 'credentials' })
  })

  test('scopes that are no list are an answer of another shape', async () => {
    await using server = await openScriptedServer()
    using client = openTestUser(server.url)
    server.script(ok({ ...apiKey, scopes: 'dataset.read' }))
    expect(await failureOf(client.getOrCreateKey(DATASET))).toMatchObject({ kind: 'transient', outcome: 'unknown' })
  })
})

function openTestUser(domain: string): UserClient & Disposable {
  const client = openUserClient({ ...clientOptions(domain), signer: openSigner(plainKey) })
  return { ...client, [Symbol.dispose]: () => client.close() }
}

function thrown(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
