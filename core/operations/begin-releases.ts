import { builtInChannels, builtInRelease } from "../model/release/built-in.ts";
import { BUILT_IN_RELEASE } from "../model/release.ts";
import { timestampOf } from "../model/time.ts";
import type { Change } from "../ports.ts";
import type { Dependencies } from "./dependencies.ts";

/** Writes down the release that comes with this source tree, and gives it to channels that carry none yet. Safe to repeat. */
export async function beginReleases({ store, clock }: Pick<Dependencies, "store" | "clock">): Promise<void> {
  if (await store.get("release", BUILT_IN_RELEASE)) return;
  const at = timestampOf(clock.now());
  const known = await store.getMany(
    "channel",
    builtInChannels(at).map(({ name }) => name),
  );
  const missing = builtInChannels(at).filter(({ name }) => !known.some(({ value }) => value.name === name));
  await store.commit([
    { write: "put", was: 0, kind: "release", value: builtInRelease(at) },
    ...missing.map((value): Change => ({ write: "put", was: 0, kind: "channel", value })),
  ]);
}
