/** What Encord recommends, or takes at most. Passing one is said in `plan` and `why`, and holds nothing up. */
export type Limits = {
  /** Shown in the warnings. */
  readonly preset: 'enterprise' | 'team' | 'free'
  readonly fileBytes: number
  /** Longest side of an image, pixels. */
  readonly sidePixels: number
  /** Images of one group or sequence. */
  readonly frames: number
  /** Units sent at one time. */
  readonly units: number
}
