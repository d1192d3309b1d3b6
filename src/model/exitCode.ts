/** Exit codes (design, section 9). */
export const EXIT = {
  /** In sync, or a clean stop. */
  ok: 0,
  /** Something failed and will be retried. */
  failed: 1,
  /** Usage or config. */
  usage: 2,
  /** A person must act. */
  person: 3,
  /** Another instance holds the ledger. */
  locked: 75,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
