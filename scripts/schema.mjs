// Writes config.schema.json from the config's own schema. Run it after a change of src/config/schema.ts: node scripts/schema.mjs
import { writeFileSync } from 'node:fs'
import { tsImport } from 'tsx/esm/api'

const { configJsonSchema } = await tsImport('../src/config/jsonSchema.ts', import.meta.url)
writeFileSync(new URL('../config.schema.json', import.meta.url), `${JSON.stringify(configJsonSchema(), null, 2)}\n`)
