import * as z from "zod";
import { ApiKeyView } from "../model/api-key.ts";
import { AuditEvent } from "../model/audit.ts";
import { CellView } from "../model/cell-view.ts";
import { NetworkEvent } from "../model/event.ts";
import { Explanation } from "../model/explain.ts";
import { NetworkId, OperationId } from "../model/ids.ts";
import { MemberView } from "../model/member.ts";
import { AccessEntry } from "../model/network-access.ts";
import { NetworkView } from "../model/network-view.ts";
import { Operation } from "../model/operation.ts";
import { Organization, OrganizationOf } from "../model/organization.ts";
import { planNames } from "../model/plan.ts";
import { defaultQuota, QuotaSpec } from "../model/quota.ts";
import { ReleaseView } from "../model/release/release-view.ts";
import { Freeze } from "../model/rollout/freeze.ts";
import { RolloutProgress } from "../model/rollout/progress.ts";
import { ReportedTargets } from "../model/rollout/report.ts";
import { Rollout, rolloutStates } from "../model/rollout/rollout.ts";
import { RolloutTarget, targetStates } from "../model/rollout/target.ts";
import { Finding } from "../model/survey.ts";
import { Timestamp } from "../model/time.ts";
import * as example from "./examples.ts";
import { JoinResponse } from "./join.ts";

/** What the routes answer, by the name that the reference gives each noun. Nothing here has a default: an answer is as it stands. */

/** One page of a list; `next` is the cursor of the page after it. */
const pageOf = <S extends z.ZodType>(item: S) => z.strictObject({ items: z.array(item), next: z.string().optional() });

/** A page of a list whose filters no index serves: it may be short, or empty, and still have a `next`. */
const searchedPageOf = <S extends z.ZodType>(item: S) => pageOf(item).extend({ lookedAt: z.int().nonnegative() });

export const HealthAnswer = z.strictObject({ status: z.string() }).meta({ id: "Health", examples: [{ status: "ok" }] });

export const NetworkAnswer = NetworkView.meta({ id: "Network", examples: [example.network] });
export const OperationAnswer = Operation.meta({ id: "Operation", examples: [example.operation] });
export const AcceptedAnswer = z
  .strictObject({ network: NetworkAnswer, operation: OperationAnswer })
  .meta({ id: "Accepted", examples: [{ network: example.network, operation: example.operation }] });
export const NetworksAnswer = searchedPageOf(NetworkAnswer);
export const OperationsAnswer = pageOf(OperationAnswer);
export const EventsAnswer = pageOf(NetworkEvent.meta({ id: "NetworkEvent", examples: [example.event] }));
export const ExplanationAnswer = Explanation.meta({ id: "Explanation", examples: [example.explanation] });
export const NetworkTokenAnswer = z
  .strictObject({ token: z.string(), expiresAt: Timestamp })
  .meta({ id: "NetworkToken", examples: [{ token: "eyJhbGciOiJFUzI1NiJ9…", expiresAt: "2026-01-02T10:15:00.000Z" }] });

export const AccessAnswer = z
  .strictObject({ entries: z.array(AccessEntry) })
  .meta({ id: "Access", examples: [example.access] });
/** Until when which rollouts wait for a network. */
export const DeferredAnswer = z
  .strictObject({ network: NetworkId, until: Timestamp.nullable(), rollouts: z.array(z.string()) })
  .meta({
    id: "Deferred",
    examples: [
      {
        network: example.network.id,
        until: "2026-01-07T00:00:00.000Z",
        rollouts: ["rol_01kc0vf4n6p8q0r2s4t6v8w0x2"],
      },
    ],
  });
/** With the operation that brings it to the cell. */
export const ChangedAccessAnswer = z
  .strictObject({ entries: z.array(AccessEntry), operation: OperationId })
  .meta({ id: "ChangedAccess", examples: [{ ...example.access, operation: example.operation.id }] });

export const OrganizationAnswer = Organization.meta({ id: "Organization", examples: [example.organization] });
export const OrganizationsAnswer = pageOf(
  OrganizationOf.meta({ id: "OrganizationOf", examples: [{ ...example.organization, role: "owner" }] }),
);
export const MemberAnswer = MemberView.meta({ id: "Member", examples: [example.member] });
export const MembersAnswer = pageOf(MemberAnswer);
export const KeyAnswer = ApiKeyView.meta({ id: "ApiKey", examples: [example.key] });
export const KeysAnswer = pageOf(KeyAnswer);
export const IssuedKeyAnswer = z
  .strictObject({ key: KeyAnswer, secret: z.string() })
  .meta({ id: "IssuedKey", examples: [{ key: example.key, secret: "cpk_0123456789ab_…" }] });
export const QuotaAnswer = QuotaSpec.meta({ id: "Quota", examples: [defaultQuota] });
export const AuditAnswer = searchedPageOf(AuditEvent.meta({ id: "AuditEvent", examples: [example.auditEvent] }));
export const UsageAnswer = pageOf(
  z
    .strictObject({
      day: z.iso.date(),
      network: NetworkId.nullable(),
      name: z.string().nullable(),
      hours: z.partialRecord(z.enum(planNames), z.number()),
      peakNodes: z.int().nonnegative(),
      averageNodes: z.number().nonnegative(),
      apiCalls: z.int().nonnegative(),
    })
    .meta({ id: "Usage", examples: [example.usage] }),
);
export type UsageAnswer = z.infer<typeof UsageAnswer>;
export const MeAnswer = z
  .strictObject({
    actor: z.string(),
    kind: z.string(),
    id: z.string(),
    email: z.string().nullable(),
    name: z.string().nullable(),
    platform: z.boolean(),
    organizations: z.array(OrganizationOf.omit({ createdAt: true, createdBy: true })),
    /** Where one is a key. */
    key: KeyAnswer.optional(),
  })
  .meta({ id: "Me", examples: [example.me] });
export type MeAnswer = z.infer<typeof MeAnswer>;

export const ReleaseAnswer = ReleaseView.meta({ id: "Release", examples: [example.release] });
export const ReleasesAnswer = pageOf(ReleaseAnswer);

/** What was asked for, with all that it left out. */
const RolloutView = Rollout.extend({
  spec: z.record(z.string(), z.unknown()),
  pace: z.record(z.string(), z.unknown()),
});
export const RolloutAnswer = RolloutView.meta({ id: "Rollout", examples: [example.rollout] });
export const RolloutsAnswer = pageOf(RolloutAnswer);
const RolloutSummary = z.strictObject({
  state: z.enum(rolloutStates),
  targets: z.int(),
  states: z.partialRecord(z.enum(targetStates), z.int()),
  tookMs: z.number().nullable(),
  updateMs: z.strictObject({ p50: z.number(), p95: z.number() }).nullable(),
  failures: z.array(z.strictObject({ code: z.string(), count: z.int(), example: z.string() })),
});
export const RolloutDetailAnswer = RolloutView.extend({
  summary: RolloutSummary,
  progress: RolloutProgress,
}).meta({
  id: "RolloutDetail",
  examples: [{ ...example.rollout, summary: example.rolloutSummary, progress: example.rolloutProgress }],
});
export const RolloutReportAnswer = ReportedTargets.extend({ rollout: RolloutView, summary: RolloutSummary }).meta({
  id: "RolloutReport",
  examples: [{ rollout: example.rollout, summary: example.rolloutSummary, ...example.rolloutReport }],
});
export const RolloutTargetsAnswer = pageOf(
  RolloutTarget.meta({ id: "RolloutTarget", examples: [example.rolloutTarget] }),
);
export const FreezeAnswer = Freeze.meta({ id: "Freeze", examples: [example.freeze] });
export const FreezesAnswer = pageOf(FreezeAnswer);

export const CellAnswer = CellView.meta({ id: "Cell", examples: [example.cell] });
export const CellsAnswer = pageOf(CellAnswer);
export const RegisteredAnswer = z
  .strictObject({ cell: CellAnswer, joinToken: z.string() })
  .meta({ id: "RegisteredCell", examples: [{ cell: example.cell, joinToken: "cpj_…" }] });
export const FindingsAnswer = pageOf(Finding.meta({ id: "Finding", examples: [example.finding] })).extend({
  surveyedAt: Timestamp.nullable(),
  total: z.int().nonnegative(),
});
export const JoinAnswer = JoinResponse.meta({ id: "Joined", examples: [example.joined] });
