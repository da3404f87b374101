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

/**
 * New signing keys; of those before only the public halves stay, until what they signed has ended. Nodes must know the key of their
 * documents before it signs one, so the next of these is only announced.
 */
export const rotateWorkspaceKeys = (keys: WorkspaceKeys, now: number): WorkspaceKeys => {
  const before = withoutOutlived(keys, now);
  const { config: announced, ...made } = newWorkspaceKeys();
  return {
    ...before,
    ...made,
    nextConfig: before.nextConfig ?? { seed: announced, from: now + OVERLAP_MS },
    previous: [
      ...before.previous,
      { users: nkeyOfSeed(keys.users).public, nodes: nkeyOfSeed(keys.nodes).public, until: now + OVERLAP_MS },
    ],
  };
};

/** True where a key of before let nobody in who could still be here, or an announced one may sign. */
export const hasOutlived = ({ previous, nextConfig }: WorkspaceKeys, now: number): boolean =>
  previous.some(({ until }) => until <= now) || (nextConfig !== undefined && nextConfig.from <= now);

export function withoutOutlived({ nextConfig, ...keys }: WorkspaceKeys, now: number): WorkspaceKeys {
  const previous = keys.previous.filter(({ until }) => until > now);
  if (nextConfig && nextConfig.from <= now) return { ...keys, previous, config: nextConfig.seed };
  return { ...keys, previous, ...(nextConfig ? { nextConfig } : {}) };
}
