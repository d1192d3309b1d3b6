/** Units that something is being done for: they are not planned meanwhile, and once more afterwards if something happened. */
export type Holds = {
  hold(unitId: number): void
  release(unitId: number): void
  has(unitId: number): boolean
  /** Plan it anew as soon as nothing is done for it any more. */
  again(unitId: number): void
}

/** @param onFree a unit is to be planned anew */
export function openHolds(onFree: (unitId: number) => void): Holds {
  const held = new Map<number, number>()
  const again = new Set<number>()
  return {
    hold: (unitId) => void held.set(unitId, (held.get(unitId) ?? 0) + 1),
    release(unitId) {
      const left = (held.get(unitId) ?? 1) - 1
      if (left > 0) {
        held.set(unitId, left)
        return
      }
      held.delete(unitId)
      if (again.delete(unitId)) onFree(unitId)
    },
    has: (unitId) => held.has(unitId),
    again: (unitId) => void again.add(unitId),
  }
}
