/** One rule taken out of the code, and the test that has to notice. */
export type Mutation = {
  /** The rule, as the design or SAFETY.md has it. */
  readonly rule: string
  readonly file: string
  /** Occurs exactly once in the file. */
  readonly text: string
  readonly instead: string
  readonly test: {
    readonly file: string
    /** The name as it is run: a part of the full name. */
    readonly name: string
    /** The name as it is written in the file, where a table or a loop makes it. */
    readonly written?: string
  }
}
