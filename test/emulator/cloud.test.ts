import { expect, test } from 'vitest'
import { BOX_DATASET, BOX_KEY, emulatorBox } from '../support/emulatorBox.ts'
import { call } from '../support/emulatorCalls.ts'

const cloudBox = (type: 'AWS_S3' | 'GCP_STR' | 2 = 'AWS_S3') =>
  emulatorBox({
    seed: {
      datasets: [{ dataset_hash: BOX_DATASET, title: 'cloud', type, api_keys: [BOX_KEY] }],
      integrations: [{ id: 'i-1', title: 'bucket' }],
    },
  })

const FILES = {
  videos: [{ objectUrl: 's3://b/dir/a.mp4' }],
  images: [{ objectUrl: 'https://b.example.org/x.png', title: 'named', clientMetadata: { n: 1 } }],
  image_groups: [{ title: 'run', createVideo: false, objectUrl_0: 's3://b/0.png', objectUrl_1: 's3://b/1.png' }],
}

test('integrations are listed, and cloud files become rows', async () => {
  await using box = await cloudBox()
  expect((await call(box, 'cloudintegration GET')).response).toEqual([{ id: 'i-1', title: 'bucket' }])
  const answer = await call(box, 'datasetdata POST', box.dataset, { integration_id: 'i-1', ignore_errors: false, files: FILES })
  expect(answer.response.dataset_data_info.map((info: { title: string }) => info.title)).toEqual(['a.mp4', 'named', 'run'])
  expect(box.rows()).toMatchObject([
    { type: 'VIDEO', file_link: 's3://b/dir/a.mp4', sha256: null },
    { type: 'IMAGE', client_metadata: { n: 1 } },
    { type: 'IMG_GROUP', frames: [{ title: '0.png' }, { title: '1.png' }] },
  ])
})

test('one bad URL refuses the whole list, or only itself when errors are to be ignored', async () => {
  await using box = await cloudBox()
  const files = { videos: [{ objectUrl: 'ftp://b/a.mp4' }, { objectUrl: 'gs://b/b.mp4' }] }
  const strict = await call(box, 'datasetdata POST', box.dataset, { integration_id: 'i-1', ignore_errors: false, files })
  expect(strict).toMatchObject({ response: ['INVALID_ARGUMENTS_ERROR'] })
  expect(box.rows()).toEqual([])
  await call(box, 'datasetdata POST', box.dataset, { integration_id: 'i-1', ignore_errors: true, files })
  expect(box.rows().map((row) => row.title)).toEqual(['b.mp4'])
})

test('an unknown integration is refused', async () => {
  await using box = await cloudBox()
  const answer = await call(box, 'datasetdata POST', box.dataset, { integration_id: 'i-2', ignore_errors: true, files: FILES })
  expect(answer).toMatchObject({ response: ['RESOURCE_NOT_FOUND_ERROR'] })
})

test("uploads go to Encord's storage only, cloud files to the others only", async () => {
  await using cloud = await cloudBox(2)
  expect(await call(cloud, 'signedvideourl GET', 'a.mp4')).toMatchObject({ response: ['UPLOAD_OPERATION_NOT_SUPPORTED_ERROR'] })
  expect(await call(cloud, 'signedimagesurl GET', ['a.png'])).toMatchObject({ response: ['UPLOAD_OPERATION_NOT_SUPPORTED_ERROR'] })
  expect((await call(cloud, 'dataset GET')).response.dataset_type).toBe('GCP_STR')
  await using hosted = await emulatorBox()
  const [integration] = (await call(hosted, 'cloudintegration GET')).response
  const answer = await call(hosted, 'datasetdata POST', hosted.dataset, {
    integration_id: integration.id,
    ignore_errors: false,
    files: FILES,
  })
  expect(answer).toMatchObject({ response: ['UPLOAD_OPERATION_NOT_SUPPORTED_ERROR'] })
})
