/** Nodes that connect at once are spread over this: a millisecond each on half a core, and never less than a second. */
export const reconnectWindow = (nodes: number): number => Math.max(1_000, nodes * 2);
