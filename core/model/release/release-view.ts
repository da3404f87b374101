import * as z from "zod";
import { channels } from "../release.ts";
import { Timestamp } from "../time.ts";
import type { Channel } from "./channel.ts";
import { Release } from "./release.ts";

/** A release as everybody sees it, with the channels that carry it. Who published or withdrew it is for the audit trail. */
export const ReleaseView = Release.omit({ actor: true }).extend({
  withdrawn: z.strictObject({ at: Timestamp, reason: z.string() }).nullable(),
  channels: z.array(z.enum(channels)),
});
export type ReleaseView = z.infer<typeof ReleaseView>;

export function releaseView({ actor, ...release }: Release, carrying: readonly Channel[]): ReleaseView {
  const { withdrawn } = release;
  return {
    ...release,
    withdrawn: withdrawn && { at: withdrawn.at, reason: withdrawn.reason },
    channels: carrying.filter((channel) => channel.release === release.version).map(({ name }) => name),
  };
}
