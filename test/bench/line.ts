/** One figure beside its goal (limits of the stack, measured on another machine: compare ratios). */
export type Line = { readonly what: string; readonly value: number; readonly unit: string; readonly goal: string }
