import { z } from 'zod'

/** `{success: true}`; anything else is an answer of another shape. */
export const successAnswer = z.looseObject({ success: z.literal(true) })

/** Any answer: the JSON status says it all. */
export const anyAnswer = z.unknown().transform(() => undefined)
