import * as z from "zod";
import { channels } from "../release.ts";
import { Timestamp } from "../time.ts";

/** Which release a channel carries: new networks that follow it get this one. */
export const Channel = z.strictObject({
  name: z.enum(channels),
  release: z.string(),
  promotedAt: Timestamp,
  actor: z.string(),
});
export type Channel = z.infer<typeof Channel>;
