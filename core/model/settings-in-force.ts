import * as z from "zod";
import { builtInSettings, settingsBy } from "./release/settings-schema.ts";
import { Duration, millisecondsOf } from "./time.ts";

/** The longest that a node's credential may live, whatever is set. */
export const LONGEST_CREDENTIAL_MS = millisecondsOf("7d");

const judged = settingsBy(builtInSettings);
const Known = z.object({
  heartbeat: Duration.default("10s"),
  credentialLife: Duration.default("24h"),
  logLevel: z.string().default("warn"),
});

/** What an orchestrator of this release goes by: of what was set, all that it understands, and the defaults of the rest. */
export function settingsInForce(given: unknown) {
  const all = z.record(z.string(), z.unknown()).safeParse(given).data ?? {};
  const valid = Object.entries(all).filter(([name, value]) => judged.safeParse({ [name]: value }).success);
  const { heartbeat, credentialLife, logLevel } = Known.parse(Object.fromEntries(valid));
  return {
    heartbeatMs: millisecondsOf(heartbeat),
    credentialSeconds: millisecondsOf(credentialLife) / 1_000,
    logLevel,
  };
}
