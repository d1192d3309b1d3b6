import { copyFileSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseBucketListing } from '../../src/cli/bucketListing.ts'
import { dicomBytes, slice } from '../support/dicomBytes.ts'
import { CLOUD_DATASET, CLOUD_KEY, type ProtocolBox, protocolBox } from '../support/protocolBox.ts'
import { FIXTURES } from '../support/syncBox.ts'

function put(one: ProtocolBox, name: string, fixture: string): string {
  const path = join(one.box.base, name)
  mkdirSync(dirname(path), { recursive: true })
  copyFileSync(join(FIXTURES, fixture), path)
  return path
}

function write(one: ProtocolBox, name: string, text: string): void {
  mkdirSync(dirname(join(one.box.base, name)), { recursive: true })
  writeFileSync(join(one.box.base, name), text)
}

const PREFIX = ['--url-prefix', 's3://lab/drone/'] as const

describe('cloud json', () => {
  test('of a local tree names rows by the rules of a folder, and cloud add takes it', async () => {
    await using one = await protocolBox()
    put(one, 'drone/a b+c.mp4', 'plain.mp4')
    put(one, 'drone/ü#1.jpg', 'plain.jpg')
    // Its content decides, not its name.
    put(one, 'drone/site/run/frame10.jpg', 'plain.webp')
    put(one, 'drone/site/run/frame9.png', 'plain.png')
    write(one, 'drone/site/run/.metadata.json', '{"pilot": "Ada"}')
    write(one, 'drone/a b+c.mp4.metadata.json', '{"weather": "rain"}')
    write(one, 'drone/.encordignore', 'skipped/\n')
    put(one, 'drone/skipped/x.jpg', 'plain.jpg')
    const made = await one.run('cloud', 'json', 'drone', ...PREFIX, '--out', 'files.json')
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^files\.json: 1 video, 1 image group, 1 image\nnext: /) })
    expect(JSON.parse(readFileSync(join(one.box.base, 'files.json'), 'utf8'))).toEqual({
      videos: [{ objectUrl: 's3://lab/drone/a%20b%2Bc.mp4', title: 'a b+c.mp4', clientMetadata: { weather: 'rain' } }],
      image_groups: [
        {
          title: 'site/run',
          createVideo: false,
          objectUrl_0: 's3://lab/drone/site/run/frame9.png',
          objectUrl_1: 's3://lab/drone/site/run/frame10.jpg',
          clientMetadata: { pilot: 'Ada' },
        },
      ],
      images: [{ objectUrl: 's3://lab/drone/%C3%BC%231.jpg', title: 'ü#1.jpg' }],
    })
    one.write('cloud.key', CLOUD_KEY)
    const words = ['cloud', 'add', 'files.json', '--integration', 'bucket-1', '--dataset', CLOUD_DATASET, '--api-key-file', 'cloud.key']
    expect(await one.run(...words)).toMatchObject({ code: 0, stdout: expect.stringMatching(/3 rows added for 3 named\n$/) })
    const rows = one.emulator.emulator.rows(CLOUD_DATASET)
    expect(rows.map(({ title, client_metadata }) => [title, client_metadata])).toEqual([
      ['a b+c.mp4', { weather: 'rain' }],
      ['site/run', { pilot: 'Ada' }],
      ['ü#1.jpg', null],
    ])
  })

  test('titles, sequences and single images are those of the options', async () => {
    await using one = await protocolBox()
    const file = put(one, 'drone/site/run/1.jpg', 'plain.jpg')
    utimesSync(file, new Date('2024-05-31T23:30:00Z'), new Date('2024-05-31T23:30:00Z'))
    const json = async (...words: readonly string[]) =>
      JSON.parse((await one.run('cloud', 'json', 'drone', ...PREFIX, '--json', ...words)).stdout) as Record<string, { title: string }[]>
    expect(await json('--subdirectories', 'sequence', '--title', '{date} {name}')).toMatchObject({
      image_groups: [{ title: '2024-05-31 run', createVideo: true }],
    })
    expect(await json('--subdirectories', 'individual', '--title', '{parent}-{stem}')).toMatchObject({ images: [{ title: 'run-1' }] })
  })

  test('what cannot go is left out with its reason, and a group with it whole', async () => {
    await using one = await protocolBox()
    put(one, 'drone/a.jpg', 'plain.jpg')
    write(one, 'drone/cut.png', readFileSync(join(FIXTURES, 'plain.png')).subarray(0, 300).toString('latin1'))
    put(one, 'drone/run/1.jpg', 'plain.jpg')
    write(one, 'drone/run/2.jpg', '')
    write(one, 'drone/notes.txt', 'x')
    write(one, 'drone/a.jpg.metadata.json', '[]')
    const made = await one.run('cloud', 'json', 'drone', ...PREFIX)
    expect(made.code).toBe(0)
    expect(JSON.parse(made.stdout)).toMatchObject({ images: [{ title: 'a.jpg' }], image_groups: [], videos: [] })
    expect(made.stderr.split('\n')).toEqual([
      expect.stringMatching(/^left out: a\.jpg\.metadata\.json: metadata not used: it is no JSON object/),
      expect.stringMatching(/^left out: cut\.png: /),
      'left out: notes.txt: no known video or image type',
      'left out: run: run/2.jpg: it is empty',
      '',
    ])
  })

  test('DICOM files are left out unless asked for; then each series of a directory is one, in the order of its slices', async () => {
    await using one = await protocolBox()
    put(one, 'drone/a.jpg', 'plain.jpg')
    const scan = (name: string, bytes: Buffer): void => {
      mkdirSync(dirname(join(one.box.base, 'drone', name)), { recursive: true })
      writeFileSync(join(one.box.base, 'drone', name), bytes)
    }
    scan('ct/x.dcm', dicomBytes(slice('1.2.7', 2)))
    scan('ct/y', dicomBytes(slice('1.2.7', 1), 'implicit'))
    scan('ct/z.dcm', dicomBytes(slice('1.2.30', 1)))
    scan('mr/1.dcm', dicomBytes(slice('1.9', 1, { patient: '' })))
    const without = await one.run('cloud', 'json', 'drone', ...PREFIX)
    expect(without.stderr).toMatch(/^left out: ct\/x\.dcm: a DICOM file, which may hold patient data/)
    expect(JSON.parse(without.stdout)).not.toHaveProperty('dicom_series')
    const made = await one.run('cloud', 'json', 'drone', ...PREFIX, '--dicom')
    expect(made.stderr).toMatch(/^warning: DICOM files hold patient data/)
    expect(made.stderr).toMatch(/left out: mr: DICOM series: mr\/1\.dcm lacks PatientID, which Encord needs/)
    expect(JSON.parse(made.stdout)).toMatchObject({
      images: [{ title: 'a.jpg' }],
      dicom_series: [
        { title: 'ct', objectUrl_0: 's3://lab/drone/ct/y', objectUrl_1: 's3://lab/drone/ct/x.dcm' },
        { title: 'ct-2', objectUrl_0: 's3://lab/drone/ct/z.dcm' },
      ],
    })
  })

  test('a file that is there is written over only with --force, and others may read it', async () => {
    await using one = await protocolBox()
    put(one, 'drone/a.jpg', 'plain.jpg')
    write(one, 'files.json', 'mine')
    const words = ['cloud', 'json', 'drone', ...PREFIX, '--out', 'files.json']
    expect(await one.run(...words)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/files\.json is there already\n {2}not done: [\s\S]*--force/),
    })
    expect(readFileSync(join(one.box.base, 'files.json'), 'utf8')).toBe('mine')
    expect((await one.run(...words, '--force')).code).toBe(0)
    expect(statSync(join(one.box.base, 'files.json')).mode & 0o777).toBe(0o644)
  })

  test.each([
    [['drone'], /Missing required argument: url-prefix|url-prefix/],
    [['drone', '--url-prefix', 'lab/drone'], /not the address of a bucket/],
    [['drone', '--url-prefix', 's3://lab/a b/'], /not the address of a bucket/],
    [[...PREFIX], /name either a directory or a --listing/],
    [['--listing', 'x', '--dicom', ...PREFIX], /--dicom needs a directory/],
    [['nowhere', ...PREFIX], /nowhere cannot be read \(ENOENT\)/],
    [['drone', ...PREFIX, '--title', '{nome}'], /a template knows/],
    [['empty', ...PREFIX], /there is no video or image to name/],
  ])('%j is refused in words, exit 2', async (words, message) => {
    await using one = await protocolBox()
    put(one, 'drone/a.jpg', 'plain.jpg')
    mkdirSync(join(one.box.base, 'empty'))
    expect(await one.run('cloud', 'json', ...words)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(message) })
  })

  test('of a listing needs no local file', async () => {
    await using one = await protocolBox()
    const lines = ['2024-05-31 12:00:07     123456 drone/a b.mp4', '2024-05-31 12:00:08          0 drone/site/', '', 'Total Objects: 4']
    const frames = ['10', '9'].map((n) => `2024-06-01 08:00:00       2048 drone/site/run/f${n}.jpg`)
    const others = [
      '2024-06-01 08:00:00          9 drone/site/run/.metadata.json',
      '2024-06-01 08:00:00 9 drone/@eaDir/x.jpg',
      '2024-06-01 08:00:00 1 other/x.jpg',
    ]
    write(one, 'objects.txt', [...lines, ...frames, ...others].join('\n'))
    const made = await one.run('cloud', 'json', '--listing', 'objects.txt', ...PREFIX, '--title', '{date}/{stem}')
    expect(made.code).toBe(0)
    expect(JSON.parse(made.stdout)).toEqual({
      videos: [{ objectUrl: 's3://lab/drone/a%20b.mp4', title: '2024-05-31/a b' }],
      image_groups: [
        {
          title: '2024-06-01/run',
          createVideo: false,
          objectUrl_0: 's3://lab/drone/site/run/f9.jpg',
          objectUrl_1: 's3://lab/drone/site/run/f10.jpg',
        },
      ],
      images: [],
    })
    expect(made.stderr).toMatch(/^read as the output of `aws s3 ls --recursive`: 5 objects\n/)
    expect(made.stderr).toMatch(/1 names are not below s3:\/\/lab\/drone\/, other\/x\.jpg/)
    expect(made.stderr).toMatch(/left out: site\/run\/\.metadata\.json: metadata cannot be read from a listing/)
    expect(made.stderr).toMatch(/ignored: 1\n/)
  })
})

describe('a listing is taken for what it is', () => {
  test.each<[string, string, string, unknown]>([
    ['paths', 'a.jpg\nsite/\nsite/run 1/2;b.jpg\n', 'rclone lsf', [{ path: 'a.jpg' }, { path: 'site/run 1/2;b.jpg' }]],
    [
      'path and size',
      'a.jpg;12\nsite/;-1\nsite/b.jpg;0\n',
      'rclone lsf --format',
      [
        { path: 'a.jpg', sizeBytes: 12 },
        { path: 'site/b.jpg', sizeBytes: 0 },
      ],
    ],
    [
      'time, size, path',
      '2024-05-31 23:59:59;12;a.jpg\r\n2024-06-01 00:00:00;-1;b/\r\n',
      'rclone lsf --format',
      [{ path: 'a.jpg', sizeBytes: 12, day: '2024-05-31' }],
    ],
    ['hash and path', '0123456789abcdef0123456789abcdef;a.jpg\n;b.jpg\n', 'rclone lsf --format', [{ path: 'a.jpg' }, { path: 'b.jpg' }]],
    [
      'names of digits',
      '1;2.jpg\n3;4.jpg\n',
      'rclone lsf --format',
      [
        { path: '2.jpg', sizeBytes: 1 },
        { path: '4.jpg', sizeBytes: 3 },
      ],
    ],
    ['nothing', '\n\n', 'rclone lsf', []],
    ['odd paths', '../x.jpg\na//b.jpg\n/c.jpg\n', 'rclone lsf', []],
  ])('%s', (_name, text, format, objects) => {
    const found = parseBucketListing(text, [''])
    expect(found.format).toBe(format)
    expect(found.objects).toMatchObject(objects as object[])
    expect(found.objects).toHaveLength((objects as object[]).length)
  })

  test('keys begin below the bucket, also where the first part of a URL is the bucket', () => {
    const text = '2024-05-31 12:00:07 1 drone/a.jpg\n'
    expect(parseBucketListing(text, ['drone/']).objects).toMatchObject([{ path: 'a.jpg' }])
    expect(parseBucketListing(text, ['lab/drone/', 'drone/']).objects).toMatchObject([{ path: 'a.jpg' }])
    expect(parseBucketListing(text, ['elsewhere/'])).toMatchObject({ objects: [], outside: ['drone/a.jpg'] })
  })
})
