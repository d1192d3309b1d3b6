/** Any number that is not root's and owns nothing. */
const NOBODY = 65_534

/** Runs `action` with the permissions of an ordinary user, also where the tests run as root: modes say nothing to root. */
export async function asOrdinaryUser<T>(action: () => T | Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return await action()
  process.seteuid?.(NOBODY)
  try {
    return await action()
  } finally {
    process.seteuid?.(0)
  }
}
