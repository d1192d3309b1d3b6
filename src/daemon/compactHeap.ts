import { setFlagsFromString } from 'node:v8'

/**
 * V8 lets a small heap grow fourfold before it collects it, and moves what is left together so rarely that pages fill unevenly and are kept:
 * a walk's thread had 36 MB for 7 in use, the main one 38 for 24 after an hour, and more each hour. A service of weeks is collected after a
 * few MB, and moved together then. V8 reads the flags as it collects, in every thread; one that does not know them any more would say so on
 * standard error and go on.
 */
export function compactHeap(): void {
  setFlagsFromString('--compact-on-every-full-gc')
  setFlagsFromString('--optimize-for-size')
}
