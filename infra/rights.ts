/** The ways of DynamoDB that the store has; a transaction needs the right of each of its parts. */
export const storeActions = {
  read: ["dynamodb:GetItem"],
  readMany: ["dynamodb:BatchGetItem"],
  list: ["dynamodb:Query"],
  put: ["dynamodb:PutItem"],
  count: ["dynamodb:UpdateItem"],
  remove: ["dynamodb:DeleteItem"],
  check: ["dynamodb:ConditionCheckItem"],
} as const;
export type StoreAction = keyof typeof storeActions;

/** What a function's ports need, and so all that it may do. */
export interface Rights {
  readonly store: readonly StoreAction[];
  /** Signs calls to cells: whoever talks to agents. */
  readonly cells?: boolean;
  /** Hands out public keys that verify calls to cells. */
  readonly cellCallKeys?: boolean;
  /** Hands out public keys that verify network tokens. */
  readonly networkTokenKeys?: boolean;
  /** Signs network tokens. */
  readonly networkTokens?: boolean;
  readonly workflows?: boolean;
  readonly cursors?: boolean;
  /** Asks the gates of rollouts: alarms, and webhooks with a key that signs. */
  readonly gates?: boolean;
  /** Answers browsers, and so knows whose pages may ask. */
  readonly origins?: boolean;
  readonly adminKey?: "keep";
  readonly canaryKey?: "read" | "keep";
  /** Reads since when the signing keys are there. */
  readonly keyAges?: boolean;
  /** Looks up the stream of the table's replica. */
  readonly describeTable?: boolean;
}

const acts = ["read", "put", "check"] as const;

/**
 * Every function with its rights. A test runs the acceptance suite under these policies and reports a right that no call used, and
 * one that is missing fails it.
 */
export const rights: Readonly<Record<string, Rights>> = {
  api: {
    store: ["read", "readMany", "list", "put", "count", "remove", "check"],
    cellCallKeys: true,
    networkTokens: true,
    cursors: true,
    origins: true,
  },
  "place-network": { store: [...acts, "readMany", "list", "count"] },
  "apply-network": { store: [...acts, "readMany"], cells: true, networkTokenKeys: true },
  "observe-network": { store: acts, cells: true },
  "settle-network": { store: [...acts, "count", "remove"] },
  "hand-back-network": { store: acts },
  "plan-rollout": { store: ["read", "readMany", "list", "put"] },
  "advance-rollout": { store: [...acts, "readMany", "list", "count"], workflows: true, gates: true },
  "execution-ended": { store: acts, workflows: true },
  "follow-changes": { store: ["read"], workflows: true },
  sweep: { store: ["read", "readMany", "list", "put"], workflows: true },
  "watch-cells": { store: [...acts, "readMany", "list"], cells: true },
  meter: { store: ["read", "readMany", "list", "put", "remove"] },
  "announce-keys": { store: ["read", "readMany", "list"], cells: true, networkTokenKeys: true },
  "key-ages": { store: [], keyAges: true },
  "take-home": { store: ["read", "put"] },
  "begin-fleet": { store: ["read", "readMany", "list", "put", "count"], adminKey: "keep", canaryKey: "keep" },
  docs: { store: [] },
  "find-stream": { store: [], describeTable: true },
  canary: { store: ["read"], canaryKey: "read" },
};

/** The function that is in a cell's stack instead, with rights of its own. */
export const CELL_FUNCTION = "register-cell";
