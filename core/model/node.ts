import * as z from "zod";
import type { Health, Heartbeat } from "../messages.ts";
import { idSchema } from "./ids.ts";
import type { Liveness } from "./liveness.ts";
import { Labels } from "./network.ts";
import { Timestamp } from "./time.ts";

export const NodeId = idSchema("nod");
export type NodeId = z.infer<typeof NodeId>;

const LabelMap = z.record(z.string(), z.string());
const GenerationHash = z.object({ gen: z.int(), hash: z.string() });

export const Facts = z.object({
  os: z.string().max(64),
  arch: z.string().max(64),
  hostname: z.string().max(255),
  cpus: z.number().nonnegative(),
  memMB: z.number().nonnegative(),
});

const healths = ["ok", "degraded", "failed", "stopped", "starting"] as const satisfies readonly Health[];

/** What a node said of its desired document; what cannot be believed is refused before it is kept. */
export const ReportedState = z.object({
  gen: z.int().nonnegative(),
  applied: GenerationHash.extend({ at: z.string().max(64) }).nullable(),
  attempt: GenerationHash.extend({
    result: z.enum(["applied", "rejected", "failed", "reverted", "timeout"]),
    code: z.string().max(128),
    msg: z.string().max(4_096),
    at: z.string().max(64),
    pipeline: z.string().max(63).optional(),
  }).optional(),
  pipelines: z
    .array(
      z.object({
        name: z.string().max(63),
        rev: z.int(),
        health: z.enum(healths),
        since: z.string().max(64),
        restarts: z.int(),
        lastError: z.string().max(4_096).optional(),
      }),
    )
    .max(1_000),
});
export type ReportedState = z.infer<typeof ReportedState>;

/** A machine that was let in. What changes with every heartbeat is not here but in memory. */
export const NodeRecord = z.object({
  id: NodeId,
  /** Its own key, as an NATS user (`U…`), and the X25519 key that secrets are sealed to. */
  pub: z.string(),
  xpub: z.string(),
  name: z.string(),
  status: z.enum(["pending", "active", "revoked"]),
  token: z.string(),
  ephemeral: z.boolean(),
  /** By source, weakest last: the token, an operator, the node's own configuration. */
  labels: z.object({ forced: LabelMap, set: LabelMap, node: LabelMap }),
  facts: Facts,
  edge: z.string(),
  caps: z.unknown().optional(),
  enrolledAt: Timestamp,
  revokedAt: Timestamp.nullable(),
  /** Newest we wrote down; memory knows better. */
  lastSeen: Timestamp.nullable(),
  online: z.boolean(),
  reported: ReportedState.nullable(),
});
export type NodeRecord = z.infer<typeof NodeRecord>;

/** `null` takes a label away. */
export const NodePatch = z.strictObject({
  labels: z.record(z.string(), z.string().nullable()).optional(),
  name: z.string().min(1).max(63).optional(),
});
export const SetLabels = Labels;

/** What counts of a node's labels: the token's over an operator's over its own configuration over what is found out. */
export const labelsOf = ({ labels, facts, edge }: Pick<NodeRecord, "labels" | "facts" | "edge">) => ({
  ...{ os: facts.os, arch: facts.arch, hostname: facts.hostname, edge },
  ...labels.node,
  ...labels.set,
  ...labels.forced,
});

const worstFirst: readonly Health[] = ["failed", "degraded", "starting", "stopped", "ok"];
export const worstOf = (all: readonly Health[]): Health | null =>
  worstFirst.find((health) => all.includes(health)) ?? null;

/** What memory knows of a node beyond its record. */
export interface NodeSigns {
  readonly liveness: Liveness;
  readonly lastSeenAt: number | undefined;
  readonly beat: Pick<Heartbeat, "p" | "r" | "x">;
  readonly reported: ReportedState | null;
  readonly desired: { readonly gen: number; readonly hash: string } | null;
}

/** A node as the API shows it. */
export function nodeView(record: NodeRecord, { liveness, lastSeenAt, beat, reported, desired }: NodeSigns) {
  const running = beat.p ?? [];
  const pipelines = (reported?.pipelines ?? []).map((pipeline) => {
    const counted = running.find(({ n }) => n === pipeline.name);
    return {
      ...{ name: pipeline.name, rev: pipeline.rev, health: counted?.s ?? pipeline.health },
      ...{ in: counted?.i ?? 0, out: counted?.o ?? 0, errors: counted?.e ?? 0 },
      ...(counted?.lag === undefined ? {} : { lag: counted.lag }),
      ...(pipeline.lastError === undefined ? {} : { lastError: pipeline.lastError }),
    };
  });
  const known = new Set(pipelines.map(({ name }) => name));
  for (const { n, r, s, i, o, e, lag } of running)
    if (!known.has(n))
      pipelines.push({ name: n, rev: r, health: s, in: i, out: o, errors: e, ...(lag === undefined ? {} : { lag }) });
  const [cpuPermille, rssMB, memoryPercent, diskPercent] = beat.r ?? [];
  return {
    ...{ id: record.id, name: record.name, state: liveness.state, reason: liveness.reason ?? null },
    health: worstOf(pipelines.map(({ health }) => health)),
    labels: labelsOf(record),
    facts: record.facts,
    edge: record.edge,
    desired,
    applied: reported?.applied ?? null,
    attempt: reported?.attempt ?? null,
    pipelines,
    resources: beat.r ? { cpuPermille, rssMB, memoryPercent, diskPercent } : null,
    errors: (beat.x ?? []).map(({ l, c, m, n }) => ({
      ...{ level: l === "e" ? ("error" as const) : ("warning" as const), code: c, message: m, count: n },
    })),
    token: record.token,
    enrolledAt: record.enrolledAt,
    revokedAt: record.revokedAt,
    lastSeen: lastSeenAt === undefined ? record.lastSeen : new Date(lastSeenAt).toISOString(),
  };
}
export type NodeView = ReturnType<typeof nodeView>;
