import * as z from "zod";
import { Duration, millisecondsOf } from "./time.ts";

const durationBetween = (from: string, to: string) =>
  Duration.refine(
    (value) => millisecondsOf(value) >= millisecondsOf(from) && millisecondsOf(value) <= millisecondsOf(to),
    `must be from ${from} to ${to}`,
  );

/** What a customer may set of their orchestrator, in the built-in release. What is absent has the default that is named. */
export const Settings = z.strictObject({
  /** How often nodes report. 10s. */
  heartbeat: durationBetween("5s", "5m").optional(),
  /** How long a node's credential lives; it is renewed long before. 24h. */
  credentialLife: durationBetween("1h", "7d").optional(),
  /** How much the orchestrator logs. warn. */
  logLevel: z.enum(["debug", "info", "warn", "error"]).optional(),
});
export type Settings = z.infer<typeof Settings>;
