import { styleText } from 'node:util'

/** What a stream can show. */
export type Terminal = {
  readonly colour: boolean
  /** Whether a region may be drawn again and again; one plain line after the other otherwise. */
  readonly live: boolean
  /** Columns; null where nothing needs to be cut, since no terminal is there. */
  readonly width: number | null
}

/** Looks at a stream, the environment (NO_COLOR, FORCE_COLOR, TERM, CI, ACCESSIBLE) and `--plain`. */
export function terminalOf(
  stream: { readonly isTTY?: boolean; readonly columns?: number },
  env: NodeJS.ProcessEnv,
  plain: boolean,
): Terminal {
  const isTerminal = stream.isTTY === true
  const isDumb = env['TERM'] === 'dumb'
  const isCapable = isTerminal && !isDumb && !plain
  return {
    colour: !plain && !isSet(env['NO_COLOR']) && (isForced(env['FORCE_COLOR']) || isCapable),
    live: isCapable && !isSet(env['CI']) && !isSet(env['ACCESSIBLE']),
    width: isTerminal && !plain ? (stream.columns ?? 80) : null,
  }
}

// https://no-color.org: present and not empty, whatever the value.
function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== ''
}

function isForced(value: string | undefined): boolean {
  return value !== undefined && value !== '0' && value !== 'false'
}

/** Puts text into colour, or leaves it alone. */
export type Style = { readonly [name in 'bold' | 'dim' | 'red' | 'yellow' | 'green' | 'cyan']: (text: string) => string }

/** The styles of a terminal. Colour is never the only sign: the word beside it says the same. */
export function styleOf({ colour }: Terminal): Style {
  const as = (name: keyof Style) => (text: string) => (colour ? styleText(name, text, { validateStream: false }) : text)
  return { bold: as('bold'), dim: as('dim'), red: as('red'), yellow: as('yellow'), green: as('green'), cyan: as('cyan') }
}
