import { Refusal } from "../errors.ts";
import type { Caller } from "../model/organization.ts";
import { type Channel, promoted } from "../model/release/channel.ts";
import type { ReleaseView } from "../model/release/release-view.ts";
import { timestampOf } from "../model/time.ts";
import { auditOf } from "./accept-change.ts";
import { requirePlatform } from "./authenticate.ts";
import type { Dependencies } from "./dependencies.ts";
import { expectRelease, readChannel } from "./find-release.ts";
import { readRelease } from "./read-release.ts";
import { repeatOnConflict } from "./repeat.ts";

/** POST /v1/releases/{version}/promote: new networks of the channel get it. Those that are there are moved by a rollout. */
export async function promoteRelease(
  deps: Dependencies,
  caller: Caller,
  { version, channel: name }: { version: string; channel: Channel["name"] },
): Promise<ReleaseView> {
  requirePlatform(caller);
  const { store, clock } = deps;
  return repeatOnConflict(async () => {
    const release = await expectRelease(store, version);
    if (release.value.withdrawn)
      throw new Refusal(
        "not-possible-now",
        `${version} was withdrawn (${release.value.withdrawn.reason}). Promote another release.`,
      );
    const before = await readChannel(store, name);
    const after = promoted(before.value, version, { promotedAt: timestampOf(clock.now()), actor: caller.actor });
    if (after)
      await store.commit([
        { write: "put", was: before.version, kind: "channel", value: after },
        { write: "check", kind: "release", id: version, was: release.version },
        auditOf(deps, caller, { action: "release.promote", subject: version, before: before.value, after }),
      ]);
    return readRelease(deps, version);
  });
}
