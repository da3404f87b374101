import { expect, it } from "vitest";
import { settingsInForce } from "#core/model/settings-in-force.ts";

const defaults = { heartbeatMs: 10_000, credentialSeconds: 86_400, logLevel: "warn" };

it.each([
  ["nothing", {}, {}],
  [
    "what is set",
    { heartbeat: "1m", credentialLife: "7d", logLevel: "debug" },
    { heartbeatMs: 60_000, credentialSeconds: 604_800, logLevel: "debug" },
  ],
  ["one of them", { heartbeat: "5s" }, { heartbeatMs: 5_000 }],
  ["what another release knows", { colour: "red", heartbeat: "5s" }, { heartbeatMs: 5_000 }],
  ["what is out of range", { heartbeat: "1ms", credentialLife: "30d", logLevel: "loud" }, {}],
  ["what is no object", "everything", {}],
] as const)("an orchestrator goes by its defaults and %s", (_what, given, differs) => {
  expect(settingsInForce(given)).toEqual({ ...defaults, ...differs });
});
