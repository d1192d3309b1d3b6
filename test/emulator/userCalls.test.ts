import { expect, test } from 'vitest'
import { type EmulatorBox, emulatorBox } from '../support/emulatorBox.ts'
import { rawCall, type WireAnswer, wireBody } from '../support/emulatorCalls.ts'
import { type OpenSshKey, openSshKey } from '../support/openSshKey.ts'

/** A box that trusts this user, beside its dataset. */
async function boxOf(...users: OpenSshKey[]): Promise<EmulatorBox> {
  return emulatorBox({ seed: { users: users.map(({ publicLine }) => ({ public_key: publicLine })) } })
}

async function signed(
  box: EmulatorBox,
  key: OpenSshKey,
  name: string,
  payload: unknown,
  headers: Record<string, string> = {},
): Promise<WireAnswer> {
  const [type = '', method = ''] = name.split(' ')
  const body = wireBody(type, method, null, payload)
  const path = 'ResourceID' in headers ? '/public' : '/public/user'
  return (await (await rawCall(box, body, { Authorization: key.authorization(body), ...headers }, path)).json()) as WireAnswer
}

test('a user makes a dataset and a key for it, and the key works', async () => {
  const user = openSshKey()
  await using box = await boxOf(user)
  const made = await signed(box, user, 'dataset POST', { title: 'new', type: 0, description: 'mine' })
  expect(made).toEqual({
    status: 200,
    response: { title: 'new', type: 0, dataset_hash: expect.any(String), user_hash: expect.any(String) },
  })
  const { dataset_hash } = made.response
  const key = await signed(box, user, 'datasetapikey POST', { dataset_hash, title: 'k', scopes: ['dataset.read', 'dataset.write'] })
  expect(key.response).toMatchObject({
    resource_hash: dataset_hash,
    title: 'k',
    scopes: ['dataset.read', 'dataset.write'],
    key_hash: expect.any(String),
  })
  const listing = await rawCall(box, wireBody('dataset', 'GET', null), { Authorization: key.response.api_key, ResourceID: dataset_hash })
  expect(await listing.json()).toMatchObject({ status: 200, response: { title: 'new', description: 'mine', data_rows: [] } })
})

test('scopes may be sent as a JSON string, and come back as a list or as a JSON string', async () => {
  const user = openSshKey()
  await using box = await boxOf(user)
  const { dataset_hash } = (await signed(box, user, 'dataset POST', { title: 'new', type: '1', description: '' })).response
  const made = await signed(box, user, 'datasetapikey POST', { dataset_hash, title: 'k', scopes: '["dataset.read"]' })
  expect(made.response.scopes).toEqual(['dataset.read'])
  const { response: keys } = await signed(box, user, 'datasetapikey GET', { dataset_hash })
  expect(keys).toMatchObject([{ api_key: made.response.api_key, scopes: '["dataset.read"]' }])
  const got = await signed(box, user, 'datasetapikey PUT', { dataset_hash })
  const again = await signed(box, user, 'datasetapikey PUT', { dataset_hash })
  expect(got.response.api_key).toBe(again.response.api_key)
  expect(got.response.api_key).not.toBe(made.response.api_key)
})

test('a key without dataset.write reads and does not write', async () => {
  const user = openSshKey()
  await using box = await boxOf(user)
  const { dataset_hash } = (await signed(box, user, 'dataset POST', { title: 'new', type: 0 })).response
  const { api_key } = (await signed(box, user, 'datasetapikey POST', { dataset_hash, title: 'k', scopes: ['dataset.read'] })).response
  const headers = { Authorization: api_key, ResourceID: dataset_hash }
  expect(await (await rawCall(box, wireBody('dataset', 'GET', null), headers)).json()).toMatchObject({ status: 200 })
  const refused = await rawCall(box, wireBody('signedvideourl', 'GET', 'a.mp4'), headers)
  expect(await refused.json()).toMatchObject({ status: 403, response: ['OPERATION_NOT_ALLOWED'] })
})

test('a signature over other bytes, an unknown key, and an API key are refused on /public/user', async () => {
  const user = openSshKey()
  await using box = await boxOf(user)
  const body = wireBody('dataset', 'POST', null, { title: 'new', type: 0 })
  const word = async (authorization: string) =>
    ((await (await rawCall(box, body, { Authorization: authorization }, '/public/user')).json()) as WireAnswer).response
  expect(await word(user.authorization(`${body} `))).toEqual(['AUTHENTICATION_ERROR'])
  expect(await word(openSshKey().authorization(body))).toEqual(['SSH_KEY_NOT_FOUND_ERROR'])
  expect(await word(box.key)).toEqual(['AUTHENTICATION_ERROR'])
  expect(await word('')).toEqual(['AUTHENTICATION_ERROR'])
  expect(await word(user.authorization(body))).toMatchObject({ title: 'new' })
})

test("another user's dataset is closed, on both endpoints", async () => {
  const [owner, other] = [openSshKey(), openSshKey()]
  await using box = await boxOf(owner, other)
  const { dataset_hash } = (await signed(box, owner, 'dataset POST', { title: 'new', type: 0 })).response
  expect(await signed(box, other, 'datasetapikey GET', { dataset_hash })).toMatchObject({ response: ['AUTHORISATION_ERROR'] })
  expect(await signed(box, other, 'dataset GET', null, { ResourceID: dataset_hash })).toMatchObject({ response: ['AUTHORISATION_ERROR'] })
  expect(await signed(box, owner, 'dataset GET', null, { ResourceID: dataset_hash, ResourceType: 'dataset' })).toMatchObject({
    status: 200,
  })
})

test('a storage type or scope that is not in the protocol is refused', async () => {
  const user = openSshKey()
  await using box = await boxOf(user)
  expect(await signed(box, user, 'dataset POST', { title: 'new', type: 7 })).toMatchObject({ response: ['INVALID_ARGUMENTS_ERROR'] })
  const { dataset_hash } = (await signed(box, user, 'dataset POST', { title: 'new', type: 0 })).response
  const key = await signed(box, user, 'datasetapikey POST', { dataset_hash, title: 'k', scopes: ['dataset.admin'] })
  expect(key).toMatchObject({ response: ['INVALID_ARGUMENTS_ERROR'] })
})

test('a seed with another kind of SSH key is refused with words', async () => {
  await expect(emulatorBox({ seed: { users: [{ public_key: 'ssh-rsa AAAAB3NzaC1yc2E= me' }] } })).rejects.toThrow(/ssh-ed25519/)
})
