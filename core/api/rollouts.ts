import * as z from "zod";
import { NetworkId } from "../model/ids.ts";
import { FreezeSpec } from "../model/rollout/freeze.ts";
import { PaceInput, RolloutSpec } from "../model/rollout/spec.ts";
import { targetStates } from "../model/rollout/target.ts";
import {
  ExplanationAnswer,
  FreezeAnswer,
  FreezesAnswer,
  RolloutAnswer,
  RolloutDetailAnswer,
  RolloutReportAnswer,
  RolloutsAnswer,
  RolloutTargetsAnswer,
} from "./answers.ts";
import { NoQuery, PageQuery, type Route } from "./route.ts";

const path = "/v1/rollouts";
const one = `${path}/{rol}` as const;
const freezes = "/v1/freezes";

const Reason = z.string().trim().min(1, "say why: it is recorded").max(500);

/** What `POST /v1/rollouts` takes; the input of an execution is the same, and says who. */
export const RolloutRequest = z.strictObject({ spec: RolloutSpec, reason: Reason });
export const CommandRequest = z.strictObject({ reason: z.string().trim().max(500).default("") });
export const ApprovalRequest = z.strictObject({
  /** Which gate, from 1 in the order of the spec; left out: the bake of the wave that bakes. */
  gate: z.int().min(1).optional(),
  reason: Reason,
});

const reading = { method: "GET", query: NoQuery, action: "rollouts.read", status: 200 } as const;
const writing = { method: "POST", query: NoQuery, action: "rollouts.write", status: 202 } as const;
const commanding = {
  ...writing,
  answer: RolloutAnswer,
  body: CommandRequest,
  bodyOptional: true,
  errors: ["not-possible-now"],
  examples: { "with its reason": { reason: "customers wait" } },
} as const;

export const rolloutRoutes = {
  startRollout: {
    ...writing,
    summary: "Change networks across the fleet, wave by wave",
    answer: RolloutAnswer,
    repeatable: true,
    errors: ["not-possible-now"],
    examples: {
      smallest: { spec: { change: { release: "1.5.0" } }, reason: "labels are kept" },
      "in three waves": {
        spec: {
          change: { release: "1.5.0" },
          from: { release: "1.4.x" },
          waves: [{ percent: 1 }, { percent: 25 }, { percent: 100 }],
          maxConcurrent: "10%",
          gates: [{ before: 2, kind: "manual" }],
          onFailure: "rollback",
        },
        reason: "labels are kept",
      },
    },
    path,
    body: RolloutRequest,
  },
  listRollouts: { ...reading, summary: "The rollouts, newest first", answer: RolloutsAnswer, path, query: PageQuery },
  getRollout: {
    ...reading,
    summary: "A rollout, and what became of it so far",
    answer: RolloutDetailAnswer,
    path: one,
  },
  listRolloutTargets: {
    ...reading,
    summary: "What becomes of each network of a rollout",
    answer: RolloutTargetsAnswer,
    path: `${one}/targets`,
    query: PageQuery.extend({
      state: z.enum(targetStates).optional(),
      wave: z
        .string()
        .regex(/^[1-9]\d{0,2}$/, "must be the number of a wave, from 1")
        .transform(Number)
        .optional(),
      why: z.string().min(1).max(63).optional(),
    }),
  },
  reportRollout: {
    ...reading,
    summary: "What became of a rollout: what it took, what failed and why",
    answer: RolloutReportAnswer,
    path: `${one}/report`,
  },
  explainRollout: {
    ...reading,
    summary: "What a rollout waits for, or one network of it",
    answer: ExplanationAnswer,
    path: `${one}/explain`,
    query: z.strictObject({ network: NetworkId.optional() }),
  },
  paceRollout: {
    ...commanding,
    summary: "Change how fast a rollout goes",
    method: "PATCH",
    path: one,
    body: z.strictObject({ maxConcurrent: PaceInput, reason: Reason }),
    bodyOptional: false,
    examples: { slower: { maxConcurrent: 2, reason: "the region is busy" } },
  },
  pauseRollout: { ...commanding, summary: "Start nothing more for now", path: `${one}/pause` },
  resumeRollout: { ...commanding, summary: "Go on after a pause", path: `${one}/resume` },
  abortRollout: { ...commanding, summary: "Start nothing more, and end", path: `${one}/abort` },
  rollBackRollout: { ...commanding, summary: "Give back what was there before", path: `${one}/roll-back` },
  retryFailedRollout: {
    ...commanding,
    summary: "Make another rollout over what failed or was skipped",
    path: `${one}/retry-failed`,
  },
  approveRollout: {
    ...commanding,
    summary: "Open a gate, or end the bake of a wave",
    path: `${one}/approve`,
    body: ApprovalRequest,
    bodyOptional: false,
    examples: { "the first gate": { gate: 1, reason: "looked at the canaries" } },
  },
  createFreeze: {
    ...writing,
    summary: "Let no rollout start anything in a scope for a while",
    answer: FreezeAnswer,
    status: 201,
    path: freezes,
    body: FreezeSpec,
    examples: { "the fleet": { scope: { fleet: true }, reason: "holidays", until: "2099-01-07T00:00:00.000Z" } },
  },
  listFreezes: {
    ...reading,
    summary: "The freezes, newest first",
    answer: FreezesAnswer,
    path: freezes,
    query: PageQuery,
  },
  deleteFreeze: {
    ...writing,
    summary: "End a freeze",
    method: "DELETE",
    status: 204,
    path: `${freezes}/{frz}`,
  },
} as const satisfies Record<string, Route>;
