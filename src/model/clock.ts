/** Time and waiting, passed in. Wall time is ms since 1970, monotonic time is ms since some point of this process. */
export type Clock = {
  wallMs(): number
  monotonicMs(): number
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Chance, passed in: a number in [0, 1). */
export type Random = () => number
