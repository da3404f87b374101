import type { Channel } from "../model/release/channel.ts";
import { type ReleaseView, releaseView } from "../model/release/release-view.ts";
import { channels } from "../model/release.ts";
import type { Store } from "../ports.ts";
import type { Dependencies } from "./dependencies.ts";
import { expectRelease, readChannel } from "./find-release.ts";
import { type ListedPage, type ListQuery, readPage } from "./read-page.ts";

/** GET /v1/releases/{version} */
export async function readRelease({ store }: Pick<Dependencies, "store">, version: string): Promise<ReleaseView> {
  const { value } = await expectRelease(store, version);
  return releaseView(value, await readChannels(store));
}

/** GET /v1/releases, newest version first. */
export async function listReleases(
  { store }: Pick<Dependencies, "store">,
  query: ListQuery,
): Promise<ListedPage<ReleaseView>> {
  const all = { kind: "release", index: "releases", partition: "all", descending: true } as const;
  const [{ items, ...page }, carrying] = await Promise.all([readPage(store, all, query), readChannels(store)]);
  return { ...page, items: items.map((release) => releaseView(release, carrying)) };
}

export const readChannels = (store: Store): Promise<Channel[]> =>
  Promise.all(channels.map(async (name) => (await readChannel(store, name)).value));
