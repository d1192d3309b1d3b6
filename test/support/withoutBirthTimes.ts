import type { Survey } from '../../src/sync/survey.ts'

/** The same survey on a file system that keeps no birth times. */
export function withoutBirthTimes(seen: Survey): Survey {
  return {
    ...seen,
    differences: seen.differences.map((difference) =>
      difference.kind === 'new' || difference.kind === 'changed'
        ? { ...difference, stamp: { ...difference.stamp, birthNs: null } }
        : difference,
    ),
  }
}
