import { createNkey, nkeyOfSeed } from "#adapters/nats/nkey.ts";
import { LONGEST_CREDENTIAL_MS } from "#core/model/settings-in-force.ts";
import type { WorkspaceKeys } from "#core/model/workspace.ts";

/** What was signed with a key of before is over by then: the longest life, and an hour for clocks. */
const OVERLAP_MS = LONGEST_CREDENTIAL_MS + 3_600_000;

export const newWorkspaceKeys = (): WorkspaceKeys => ({
  users: createNkey("account").seed,
  nodes: createNkey("account").seed,
  config: createNkey("account").seed,
  previous: [],
});

/** New signing keys; of those before only the public halves stay, until what they signed has ended. Nodes go on knowing `config`. */
export const rotateWorkspaceKeys = (keys: WorkspaceKeys, now: number): WorkspaceKeys => ({
  ...newWorkspaceKeys(),
  config: keys.config,
  previous: [
    ...withoutOutlived(keys, now).previous,
    { users: nkeyOfSeed(keys.users).public, nodes: nkeyOfSeed(keys.nodes).public, until: now + OVERLAP_MS },
  ],
});

/** True where a key of before let nobody in who could still be here. */
export const hasOutlived = ({ previous }: WorkspaceKeys, now: number): boolean =>
  previous.some(({ until }) => until <= now);

export const withoutOutlived = (keys: WorkspaceKeys, now: number): WorkspaceKeys => ({
  ...keys,
  previous: keys.previous.filter(({ until }) => until > now),
});
