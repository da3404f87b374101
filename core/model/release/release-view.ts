import * as z from "zod";
import { channels } from "../release.ts";
import type { Channel } from "./channel.ts";
import { Release } from "./release.ts";

/** A release as the API shows it, with the channels that carry it. */
export const ReleaseView = Release.extend({ channels: z.array(z.enum(channels)) });
export type ReleaseView = z.infer<typeof ReleaseView>;

export const releaseView = (release: Release, carrying: readonly Channel[]): ReleaseView => ({
  ...release,
  channels: carrying.filter((channel) => channel.release === release.version).map(({ name }) => name),
});
