/** `1 upload`, `2 uploads`. @param many the word's plural, where it is more than an `s` */
export function amount(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
