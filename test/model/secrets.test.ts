import fc from 'fast-check'
import { expect, test } from 'vitest'
import { REDACTED, Secrets } from '../../src/model/secrets.ts'

test('a secret is found wherever it stands, as it is, in an address and inside JSON', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 4, unit: 'binary' }), fc.string({ maxLength: 9 }), (secret, around) => {
      fc.pre(!REDACTED.includes(secret) && !around.includes(secret))
      const secrets = new Secrets()
      secrets.add(secret)
      for (const spelling of [secret, encodeURIComponent(Buffer.from(secret).toString()), JSON.stringify(secret)]) {
        expect(secrets.redact(around + spelling + around).replaceAll(REDACTED, '\0\0')).not.toContain(secret)
      }
    }),
  )
})

test('the longer of two secrets goes first, so that no part of it stays', () => {
  const secrets = new Secrets()
  secrets.add('abcd')
  secrets.add('abcdefgh')
  expect(secrets.redact('abcdefgh abcd')).toBe('[secret] [secret]')
})

test('a secret of under four characters is not looked for: it would eat ordinary words', () => {
  const secrets = new Secrets()
  secrets.add('a')
  secrets.add('')
  expect(secrets.redact('a banana')).toBe('a banana')
})

test('the query of an address is taken out even when it is no known secret', () => {
  expect(new Secrets().redact('PUT "https://b.example/o?X-Amz-Signature=1&x=2": 403, see https://docs.example/#a')).toBe(
    'PUT "https://b.example/o?[secret]": 403, see https://docs.example/#a',
  )
})
