/** What the structure of a file says of its end. `why` is one clause for a person, without the file's name. */
export type Wholeness =
  | { readonly kind: 'whole' }
  /** The structure does not reach its end: bytes are missing, or are not written yet. */
  | { readonly kind: 'cut'; readonly why: string }
  /** May be whole: a long zero tail, or a container that is well-formed at every fragment. Only quiet time tells. */
  | { readonly kind: 'unknown-end'; readonly why: string }

/** Any verdict but `whole`. */
export type Unfinished = Exclude<Wholeness, { kind: 'whole' }>

/**
 * What one format's walker found. `contentEnd`: where the bytes end that must hold content, so that a zero tail before it is
 * suspicious; the file's size, except where the file ends in padding that its structure declares.
 */
export type Structure = { readonly kind: 'whole'; readonly contentEnd: number } | Unfinished

/** The structure reaches its end. */
export function whole(contentEnd: number): Structure {
  return { kind: 'whole', contentEnd }
}

/** The structure does not reach its end. */
export function cut(why: string): Unfinished {
  return { kind: 'cut', why }
}

/** The structure cannot tell. */
export function unknownEnd(why: string): Unfinished {
  return { kind: 'unknown-end', why }
}
