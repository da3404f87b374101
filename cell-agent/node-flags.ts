/**
 * How Node runs an agent, wherever it runs. What it holds lives long, and grows with the networks; left to itself Node lets as much garbage
 * pile up beside it. A small young generation and a wall for the old one cost a little of the processor instead.
 */
export const NODE_FLAGS = ["--max-semi-space-size=1", "--max-old-space-size=160", "--optimize-for-size"] as const;

/** And in which environment: each thread of Node that allocates would otherwise keep an arena of its own, some 15 MiB in all. */
export const ENVIRONMENT = { MALLOC_ARENA_MAX: "1" } as const;
