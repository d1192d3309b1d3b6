/** Work that a round begins and does not wait for. */
export type InHand = {
  begin(work: () => Promise<void>): void
  readonly size: number
  /** Resolves when nothing is in hand any more. */
  drained(): Promise<void>
}

/** @param onEnd called after each piece of work; @param onFailure what a failure ends: it is no error of a file or a call */
export function openInHand(onEnd: () => void, onFailure: (error: unknown) => void): InHand {
  const pieces = new Set<Promise<void>>()
  return {
    begin(work) {
      const piece = work()
        .catch(onFailure)
        .finally(() => {
          pieces.delete(piece)
          onEnd()
        })
      pieces.add(piece)
    },
    get size() {
      return pieces.size
    },
    async drained() {
      while (pieces.size > 0) await Promise.allSettled([...pieces])
    },
  }
}
