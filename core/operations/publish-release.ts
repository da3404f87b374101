import { Refusal } from "../errors.ts";
import type { Caller } from "../model/organization.ts";
import { type Release, type ReleaseSpec, whyUnpublishable } from "../model/release/release.ts";
import { type ReleaseView, releaseView } from "../model/release/release-view.ts";
import { timestampOf } from "../model/time.ts";
import { auditOf } from "./accept-change.ts";
import { requirePlatform } from "./authenticate.ts";
import type { Dependencies } from "./dependencies.ts";
import { findRelease } from "./find-release.ts";
import { idempotently } from "./idempotently.ts";
import { readChannels } from "./read-release.ts";
import { repeatOnConflict } from "./repeat.ts";

/** POST /v1/releases. Cells can run it before anybody can ask for it; no channel carries it until it is promoted. */
export async function publishRelease(
  deps: Dependencies,
  caller: Caller,
  { spec, idempotencyKey }: { spec: ReleaseSpec; idempotencyKey: string | undefined },
): Promise<ReleaseView> {
  requirePlatform(caller);
  const { store, builds, clock } = deps;
  const repeatable = { key: idempotencyKey, request: { create: "release", spec } };

  return repeatOnConflict(() =>
    idempotently<ReleaseView>(deps, caller, repeatable, async (remember) => {
      if (await findRelease(store, spec.version))
        throw new Refusal(
          "name-taken",
          `${spec.version} is published already, and a release never changes. Publish another version.`,
        );
      const why = whyUnpublishable(spec);
      if (why) throw why;
      await builds.provide(spec);

      const release: Release = {
        ...spec,
        publishedAt: timestampOf(clock.now()),
        actor: caller.actor,
        withdrawn: null,
      };
      const view = releaseView(release, await readChannels(store));
      await store.commit([
        { write: "put", was: 0, kind: "release", value: release },
        auditOf(deps, caller, { action: "release.publish", subject: release.version, before: null, after: release }),
        ...remember(view),
      ]);
      return view;
    }),
  );
}
