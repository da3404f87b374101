import { BUILT_IN_RELEASE, channels } from "../release.ts";
import type { Channel } from "./channel.ts";
import { type Release, ReleaseSpec } from "./release.ts";

/** What the built-in release may follow, and what may follow it: the first one follows nothing. Stated anew with each `BUILT_IN_RELEASE`. */
const ways: Pick<Release, "upgradesFrom" | "downgradesTo"> = { upgradesFrom: [], downgradesTo: [] };

/** The orchestrator of this very source tree, which nobody had to publish. */
export const builtInRelease = (publishedAt: string): Release => ({
  ...ReleaseSpec.omit({ upgradesFrom: true }).parse({ version: BUILT_IN_RELEASE, notes: "Comes with cellplane." }),
  ...ways,
  publishedAt,
  actor: "cellplane",
  withdrawn: null,
});

/** What a channel carries until something is promoted to it. */
export const builtInChannel = (name: (typeof channels)[number], promotedAt: string): Channel => ({
  name,
  release: BUILT_IN_RELEASE,
  earlier: [],
  promotedAt,
  actor: "cellplane",
});

export const builtInChannels = (at: string): Channel[] => channels.map((name) => builtInChannel(name, at));
