import * as z from "zod";
import { channels } from "../release.ts";
import { Timestamp } from "../time.ts";

/** How many earlier releases a channel remembers. */
const MOST_EARLIER = 50;

/** Which release a channel carries: new networks that follow it get this one. */
export const Channel = z.strictObject({
  name: z.enum(channels),
  release: z.string(),
  /** What it carried before, newest first: where it falls back to when its release is withdrawn. */
  earlier: z.array(z.string()).default([]),
  promotedAt: Timestamp,
  actor: z.string(),
});
export type Channel = z.infer<typeof Channel>;

export const Promotion = z.strictObject({ channel: z.enum(channels) });

/** Who changed what a channel carries, and when. */
type By = Pick<Channel, "promotedAt" | "actor">;

/** The channel once it carries a release, or undefined where it does already. */
export function promoted(channel: Channel, release: string, by: By): Channel | undefined {
  if (channel.release === release) return undefined;
  const earlier = [channel.release, ...channel.earlier.filter((one) => one !== release && one !== channel.release)];
  return { ...channel, ...by, release, earlier: earlier.slice(0, MOST_EARLIER) };
}

/**
 * The channel without a release: it carries what it carried before, of what can still be had. Where there is no such release it
 * stays, and gives nothing to new networks. Undefined where it does not carry that release.
 */
export function fallenBack(
  channel: Channel,
  withdrawn: string,
  by: By & { readonly isWithdrawn: (version: string) => boolean },
): Channel | undefined {
  if (channel.release !== withdrawn) return undefined;
  const { isWithdrawn, ...changedBy } = by;
  const at = channel.earlier.findIndex((version) => version !== withdrawn && !isWithdrawn(version));
  const release = channel.earlier[at];
  return release === undefined
    ? undefined
    : { ...channel, ...changedBy, release, earlier: channel.earlier.slice(at + 1) };
}
