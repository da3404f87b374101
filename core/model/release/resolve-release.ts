import * as z from "zod";
import { Refusal } from "../../errors.ts";
import type { Network, NetworkSpec } from "../network.ts";
import { invalidInput, parse } from "../parse.ts";
import { BUILT_IN_RELEASE } from "../release.ts";
import type { Channel } from "./channel.ts";
import { type Release, whyNotReachable } from "./release.ts";
import { settingsBy } from "./settings-schema.ts";

/** The releases there are, newest first. */
export type Releases = readonly Release[];

/** The release that a network is to run: what it was resolved to when it was made, pinned or last moved by a rollout. */
export const releaseOf = ({ resolvedRelease, release }: Pick<Network, "resolvedRelease" | "release">): string =>
  resolvedRelease ?? release ?? BUILT_IN_RELEASE;

const versionsOf = (releases: Releases): string => releases.map(({ version }) => version).join(", ") || "none";

/** A release that a network can be given. Refuses what was never published, or was withdrawn. */
function expectGiven(releases: Releases, version: string): Release {
  const release = releases.find((one) => one.version === version);
  const given = releases.filter(({ withdrawn }) => !withdrawn);
  if (!release) throw unfit(`${version} was never published; there are ${versionsOf(given)}`);
  if (release.withdrawn)
    throw unfit(`${version} was withdrawn (${release.withdrawn.reason}); there are ${versionsOf(given)}`);
  return release;
}

const unfit = (message: string): Refusal => invalidInput([{ path: "release", message }]);

/** What a new network gets: its pin, or what its channel carries. Its settings must be such as that release knows. */
export function resolveNew(
  { release: pin, channel, settings }: NetworkSpec,
  releases: Releases,
  carried: Channel,
): Pick<Network, "resolvedRelease"> {
  const version = pin ?? carried.release;
  if (pin === null && releases.find((one) => one.version === version)?.withdrawn)
    throw new Refusal(
      "not-possible-now",
      `The channel ${channel} carries nothing: ${version} was withdrawn, and so was all that it carried before. Pin a release, or use another channel.`,
    );
  const release = expectGiven(releases, version);
  expectKnown(release, settings);
  return { resolvedRelease: version };
}

/**
 * What a network gets that is changed: another pin is another release. Without a pin, or in another channel, it stays at the release
 * it has until a rollout moves it.
 */
export function resolveChange(
  network: Network,
  after: NetworkSpec,
  releases: Releases,
): Pick<Network, "resolvedRelease"> {
  const from = releaseOf(network);
  const to = after.release ?? from;
  if (to !== from) expectReachable(releases, from, expectGiven(releases, to));
  const release = releases.find(({ version }) => version === to);
  if (release) expectKnown(release, after.settings);
  return { resolvedRelease: to };
}

/** Releases that a network can go to from the one it has. */
export const reachableFrom = (releases: Releases, from: string): Release[] =>
  releases.filter(
    ({ version, withdrawn }) =>
      version !== from && !withdrawn && whyNotReachable(from, version, (one) => findIn(releases, one)) === undefined,
  );

const findIn = (releases: Releases, version: string) => releases.find((one) => one.version === version);

function expectReachable(releases: Releases, from: string, to: Release): void {
  const why = whyNotReachable(from, to.version, (version) => findIn(releases, version));
  if (why === undefined) return;
  const allowed = reachableFrom(releases, from).map(({ version }) => version);
  throw new Refusal(
    "not-possible-now",
    `${why}. From ${from} it can go to ${allowed.join(", ") || "no other release"}.`,
    {
      extra: { from, allowed },
    },
  );
}

/** Refuses settings that the release does not know. */
function expectKnown({ settingsSchema }: Release, settings: NetworkSpec["settings"]): void {
  parse(z.object({ settings: settingsBy(settingsSchema) }), { settings });
}
