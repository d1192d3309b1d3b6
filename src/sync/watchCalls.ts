import type { Remote } from './ports.ts'

/** The same server, and which of its calls were answered with success meanwhile. */
export type WatchedCalls = { readonly remote: Remote; readonly answered: ReadonlySet<keyof Remote> }

/** Looks over the shoulder of an effect: one that made no call says nothing about the server, nor does one whose calls all failed. */
export function watchCalls(remote: Remote): WatchedCalls {
  const answered = new Set<keyof Remote>()
  const watched = new Proxy(remote, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function' || name === 'serverTime') return member
      return async (...args: readonly unknown[]) => {
        const answer: unknown = await Reflect.apply(member, target, args)
        answered.add(name as keyof Remote)
        return answer
      }
    },
  })
  return { remote: watched, answered }
}
