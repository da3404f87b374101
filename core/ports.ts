/** What the core asks of the world. Each port has one contract suite in `test/contracts/`, run on every implementation. */
export type * from "./ports/builds.ts";
export type * from "./ports/bus.ts";
export type * from "./ports/cells.ts";
export type * from "./ports/cluster.ts";
export type * from "./ports/gates.ts";
export type * from "./ports/measure.ts";
export type * from "./ports/people.ts";
export type * from "./ports/probe.ts";
export type * from "./ports/signer.ts";
export type * from "./ports/store.ts";
export type * from "./ports/trace.ts";
export type * from "./ports/workflows.ts";
export type * from "./ports/world.ts";
