import type { Caller } from "../model/organization.ts";
import { fallenBack } from "../model/release/channel.ts";
import type { Release } from "../model/release/release.ts";
import type { ReleaseView } from "../model/release/release-view.ts";
import { channels } from "../model/release.ts";
import { timestampOf } from "../model/time.ts";
import type { Change } from "../ports.ts";
import { auditOf } from "./accept-change.ts";
import { requirePlatform } from "./authenticate.ts";
import type { Dependencies } from "./dependencies.ts";
import { expectRelease, readChannel, readReleases } from "./find-release.ts";
import { readRelease } from "./read-release.ts";
import { repeatOnConflict } from "./repeat.ts";

/**
 * POST /v1/releases/{version}/withdraw: no network is given it any more, and channels carry again what they carried before.
 * Networks that have it keep it, until a rollout or their owner moves them.
 */
export async function withdrawRelease(
  deps: Dependencies,
  caller: Caller,
  { version, reason }: { version: string; reason: string },
): Promise<ReleaseView> {
  requirePlatform(caller);
  const { store, clock } = deps;
  return repeatOnConflict(async () => {
    const before = await expectRelease(store, version);
    if (before.value.withdrawn) return readRelease(deps, version);
    const at = timestampOf(clock.now());
    const after: Release = { ...before.value, withdrawn: { at, actor: caller.actor, reason } };
    await store.commit([
      { write: "put", was: before.version, kind: "release", value: after },
      ...(await fallingBack(deps, version, { promotedAt: at, actor: caller.actor })),
      auditOf(deps, caller, { action: "release.withdraw", subject: version, before: before.value, after }),
    ]);
    return readRelease(deps, version);
  });
}

/** The writes that give each channel that carries it another release. */
async function fallingBack(
  { store }: Dependencies,
  version: string,
  by: { promotedAt: string; actor: string },
): Promise<Change[]> {
  const gone = new Set((await readReleases(store)).filter(({ withdrawn }) => withdrawn).map((one) => one.version));
  const changes = await Promise.all(
    channels.map(async (name): Promise<Change[]> => {
      const channel = await readChannel(store, name);
      const value = fallenBack(channel.value, version, { ...by, isWithdrawn: (one) => gone.has(one) });
      return value ? [{ write: "put", was: channel.version, kind: "channel", value }] : [];
    }),
  );
  return changes.flat();
}
