/** How a folder is set where rows may go by themselves: no limit holds what would go. */
export const FREELY = { mode: 'propagate', limit: { count: 50, percent: 100 } } as const
