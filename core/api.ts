/** The HTTP contract: every route of every surface, and the shapes they take. */
export * from "./api/control-plane.ts";
export * from "./api/join.ts";
export * from "./api/route.ts";
