import { Refusal } from "../errors.ts";
import type { NetworkSpec } from "../model/network.ts";
import { builtInChannel, builtInRelease } from "../model/release/built-in.ts";
import type { Channel } from "../model/release/channel.ts";
import type { Release } from "../model/release/release.ts";
import type { Releases } from "../model/release/resolve-release.ts";
import { BUILT_IN_RELEASE } from "../model/release.ts";
import { timestampOf } from "../model/time.ts";
import type { Store, Versioned } from "../ports.ts";
import { readPage } from "./read-page.ts";

/** How many releases a decision looks at: the newest. */
const MOST_RELEASES = 200;

/** Until a fleet has begun with releases, the built-in one stands for itself and is what every channel carries. */
const EPOCH = timestampOf(0);

/** A release, and the version that a change of it must still find (0 for the built-in where nobody has written it). */
export async function findRelease(store: Store, version: string): Promise<Versioned<Release> | undefined> {
  const found = await store.get("release", version);
  return found ?? (version === BUILT_IN_RELEASE ? { value: builtInRelease(EPOCH), version: 0 } : undefined);
}

export async function expectRelease(store: Store, version: string): Promise<Versioned<Release>> {
  const found = await findRelease(store, version);
  if (!found) throw new Refusal("not-found", `There is no release ${version}.`);
  return found;
}

export const readChannel = async (store: Store, name: Channel["name"]): Promise<Versioned<Channel>> =>
  (await store.get("channel", name)) ?? { value: builtInChannel(name, EPOCH), version: 0 };

/** Newest first. */
export async function readReleases(store: Store): Promise<Releases> {
  const all = { kind: "release", index: "releases", partition: "all", descending: true } as const;
  const { items } = await readPage(store, all, { limit: MOST_RELEASES, after: undefined });
  return items.some(({ version }) => version === BUILT_IN_RELEASE) ? items : [...items, builtInRelease(EPOCH)];
}

/** What is needed to resolve one release: that one where it can be had, and else all of them, so that a refusal can name others. */
export async function releasesFor(store: Store, version: string): Promise<Releases> {
  const found = await findRelease(store, version);
  return found && !found.value.withdrawn ? [found.value] : readReleases(store);
}

/** What a new network is resolved by. */
export async function readForNew(
  store: Store,
  { release, channel }: Pick<NetworkSpec, "release" | "channel">,
): Promise<{ releases: Releases; carried: Channel }> {
  const { value: carried } = await readChannel(store, channel);
  return { carried, releases: await releasesFor(store, release ?? carried.release) };
}
