import * as z from 'zod'
import { configSchema } from './schema.ts'

/** The config's JSON Schema (draft 2020-12), for editors: every key with its text, its default and its forms. */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, { io: 'input' })
  return { $schema, title: 'encord-sync', ...rest }
}
