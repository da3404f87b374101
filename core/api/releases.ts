import { Promotion } from "../model/release/channel.ts";
import { ReleaseSpec, Withdrawal } from "../model/release/release.ts";
import { ReleaseAnswer, ReleasesAnswer } from "./answers.ts";
import { NoQuery, PageQuery, type Route } from "./route.ts";

const path = "/v1/releases";
const one = `${path}/{version}` as const;

export const releaseRoutes = {
  publishRelease: {
    summary: "Publish a release; nobody gets it before it is promoted or pinned",
    answer: ReleaseAnswer,
    repeatable: true,
    errors: ["name-taken", "unavailable"],
    examples: {
      smallest: { version: "1.5.0", upgradesFrom: ["1.4.x"] },
      "all of it": {
        version: "1.6.0",
        images: { orchestrator: `sha256:${"0f".repeat(32)}` },
        settingsSchema: {
          type: "object",
          properties: {
            heartbeat: { type: "string", format: "duration", formatMinimum: "5s", formatMaximum: "5m" },
            retries: { type: "integer", minimum: 0, maximum: 10, description: "How often a call is repeated." },
          },
        },
        notes: "Retries can be set.",
        minEdge: "1.2.0",
        minAgent: "1.4.0",
        upgradesFrom: ["1.5.x", "1.4.2"],
        downgradesTo: ["1.5.x"],
      },
    },
    method: "POST",
    path,
    query: NoQuery,
    body: ReleaseSpec,
    action: "releases.write",
    status: 201,
  },
  listReleases: {
    summary: "The releases, newest first, with the channels that carry them",
    answer: ReleasesAnswer,
    method: "GET",
    path,
    query: PageQuery,
    action: "catalogue.read",
    status: 200,
  },
  getRelease: {
    summary: "A release",
    answer: ReleaseAnswer,
    method: "GET",
    path: one,
    query: NoQuery,
    action: "catalogue.read",
    status: 200,
  },
  promoteRelease: {
    summary: "Have a channel carry a release: new networks that follow it get it",
    answer: ReleaseAnswer,
    errors: ["not-possible-now"],
    examples: { "try it first": { channel: "rapid" } },
    method: "POST",
    path: `${one}/promote`,
    query: NoQuery,
    body: Promotion,
    action: "releases.write",
    status: 200,
  },
  withdrawRelease: {
    summary: "Give a release to no network any more; those that have it keep it",
    answer: ReleaseAnswer,
    examples: { "with its reason": { reason: "nodes lose their labels" } },
    method: "POST",
    path: `${one}/withdraw`,
    query: NoQuery,
    body: Withdrawal,
    action: "releases.write",
    status: 200,
  },
} as const satisfies Record<string, Route>;
