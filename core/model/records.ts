import * as z from "zod";
import { ApiKey, ApiKeyUse, KeysOfNetwork } from "./api-key.ts";
import { AuditEvent } from "./audit.ts";
import { Cell, CellReport } from "./cell.ts";
import { NetworkEvent } from "./event.ts";
import { Idempotency } from "./idempotency.ts";
import { Member, Owners, User } from "./member.ts";
import { Network, NetworkStatus, Placement } from "./network.ts";
import { NetworkAccess } from "./network-access.ts";
import { Operation } from "./operation.ts";
import { Organization } from "./organization.ts";
import { Quota } from "./quota.ts";
import { Channel } from "./release/channel.ts";
import { Release, sortKeyOf } from "./release/release.ts";
import { Freeze } from "./rollout/freeze.ts";
import { RolloutHold } from "./rollout/hold.ts";
import { RolloutPage } from "./rollout/page.ts";
import { Rollout } from "./rollout/rollout.ts";
import { RolloutTarget } from "./rollout/target.ts";
import { CellSilence } from "./silence.ts";
import { CellFindings } from "./survey.ts";
import { Meter, Usage } from "./usage.ts";

/** Holds a name or another unique thing for its owner: `network-name/<org>/<name>`, `join-token/<sha256>`. */
export const Claim = z.strictObject({ id: z.string(), owner: z.string() });

/** The fleet itself: which epoch its orders carry, and the region that writes (none is named where there is only one). One record, `fleet`. */
export const Fleet = z.strictObject({
  id: z.literal("fleet"),
  epoch: z.int().nonnegative(),
  home: z.string().optional(),
});

/** Everything the store keeps, by kind: its schema, and the id it is found by. */
export const recordKinds = {
  organization: { schema: Organization, idOf: (r: z.infer<typeof Organization>) => r.id },
  owners: { schema: Owners, idOf: (r: Owners) => r.org },
  member: { schema: Member, idOf: (r: Member) => r.id },
  user: { schema: User, idOf: (r: User) => r.id },
  quota: { schema: Quota, idOf: (r: Quota) => r.org },
  "api-key": { schema: ApiKey, idOf: (r: ApiKey) => r.id },
  "api-key-use": { schema: ApiKeyUse, idOf: (r: ApiKeyUse) => r.key },
  "keys-of-network": { schema: KeysOfNetwork, idOf: (r: KeysOfNetwork) => r.network },
  "network-access": { schema: NetworkAccess, idOf: (r: NetworkAccess) => r.network },
  network: { schema: Network, idOf: (r: Network) => r.id },
  placement: { schema: Placement, idOf: (r: Placement) => r.network },
  "network-status": { schema: NetworkStatus, idOf: (r: NetworkStatus) => r.network },
  operation: { schema: Operation, idOf: (r: Operation) => r.id },
  cell: { schema: Cell, idOf: (r: Cell) => r.id },
  "cell-report": { schema: CellReport, idOf: (r: CellReport) => r.cell },
  release: { schema: Release, idOf: (r: Release) => r.version },
  channel: { schema: Channel, idOf: (r: Channel) => r.name },
  rollout: { schema: Rollout, idOf: (r: Rollout) => r.id },
  "rollout-target": { schema: RolloutTarget, idOf: (r: RolloutTarget) => r.id },
  "rollout-page": { schema: RolloutPage, idOf: (r: RolloutPage) => r.id },
  "rollout-hold": { schema: RolloutHold, idOf: (r: RolloutHold) => r.network },
  freeze: { schema: Freeze, idOf: (r: Freeze) => r.id },
  meter: { schema: Meter, idOf: (r: Meter) => r.network },
  usage: { schema: Usage, idOf: (r: Usage) => r.id },
  "cell-findings": { schema: CellFindings, idOf: (r: CellFindings) => r.cell },
  "cell-silence": { schema: CellSilence, idOf: (r: CellSilence) => r.cell },
  claim: { schema: Claim, idOf: (r: z.infer<typeof Claim>) => r.id },
  idempotency: { schema: Idempotency, idOf: (r: Idempotency) => r.id },
  "network-event": { schema: NetworkEvent, idOf: (r: NetworkEvent) => r.id },
  audit: { schema: AuditEvent, idOf: (r: AuditEvent) => r.id },
  fleet: { schema: Fleet, idOf: (r: z.infer<typeof Fleet>) => r.id },
} as const;

export type RecordKind = keyof typeof recordKinds;
export type RecordOf<K extends RecordKind> = z.infer<(typeof recordKinds)[K]["schema"]>;

/** A record of any kind, with its kind beside it. */
export type AnyRecord = { [K in RecordKind]: { readonly kind: K; readonly value: RecordOf<K> } }[RecordKind];

export const idOfRecord = (record: AnyRecord): string =>
  (recordKinds[record.kind].idOf as (value: unknown) => string)(record.value);

/** Where a record is listed: a partition of an index, at a sort key. */
export interface IndexEntry {
  readonly index: IndexName;
  readonly partition: string;
  readonly sort: string;
}

export const indexNames = [
  "organizations",
  "members-of-organization",
  "members-of-user",
  "invitations",
  "keys-of-organization",
  "networks-by-creation",
  "networks-by-name",
  "networks-of-cell",
  "operations-of-network",
  "cells",
  "audit-of-organization",
  "events-of-network",
  "networks-of-fleet",
  "releases",
  "rollouts",
  "targets-of-rollout",
  "freezes",
  "meters",
  "usage-of-organization",
  "due",
] as const;
export type IndexName = (typeof indexNames)[number];

/** How many partitions the indexes over the whole fleet have, so that no sweep or burst of writes meets one hot partition. */
export const SHARDS = 16;

/** Which shard an id belongs to; stable. */
export const shardOf = (id: string): string => {
  let sum = 0;
  for (const char of id) sum = (sum * 31 + char.charCodeAt(0)) >>> 0;
  return String(sum % SHARDS);
};

/** Every place a record is listed in. Pure, so that all stores list alike. */
export function indexEntriesOf({ kind, value }: AnyRecord): IndexEntry[] {
  switch (kind) {
    case "organization":
      return [{ index: "organizations", partition: "all", sort: value.id }];
    case "member":
      return [
        { index: "members-of-organization", partition: value.org, sort: value.id },
        value.user === null
          ? { index: "invitations", partition: value.email, sort: value.id }
          : { index: "members-of-user", partition: value.user, sort: value.id },
      ];
    case "api-key":
      return [{ index: "keys-of-organization", partition: value.org, sort: value.id }];
    case "network":
      return [
        { index: "networks-by-creation", partition: value.org, sort: value.id },
        { index: "networks-by-name", partition: value.org, sort: value.name },
        { index: "networks-of-fleet", partition: shardOf(value.id), sort: value.id },
      ];
    case "placement":
      return [{ index: "networks-of-cell", partition: value.cell, sort: value.network }];
    case "operation":
      return [{ index: "operations-of-network", partition: value.network, sort: value.id }, ...dueAt(value)];
    case "rollout":
      return [{ index: "rollouts", partition: "all", sort: value.id }, ...dueAt(value)];
    case "rollout-target":
      return [{ index: "targets-of-rollout", partition: value.rollout, sort: value.network }];
    case "freeze":
      return [{ index: "freezes", partition: "all", sort: value.id }];
    case "release":
      return [{ index: "releases", partition: "all", sort: sortKeyOf(value.version) }];
    case "meter":
      return [{ index: "meters", partition: shardOf(value.network), sort: value.network }];
    case "usage":
      return [{ index: "usage-of-organization", partition: value.org, sort: `${value.day}/${value.network ?? ""}` }];
    case "cell":
      return [{ index: "cells", partition: "all", sort: value.id }];
    case "network-event":
      return [{ index: "events-of-network", partition: value.network, sort: value.id }];
    case "audit":
      return value.org === null ? [] : [{ index: "audit-of-organization", partition: value.org, sort: value.id }];
    default:
      return [];
  }
}

/** Operations and rollouts alike are taken up by the sweep when they are due. */
const dueAt = ({ id, nextActionAt }: { readonly id: string; readonly nextActionAt: string | null }): IndexEntry[] =>
  nextActionAt === null ? [] : [{ index: "due", partition: shardOf(id), sort: `${nextActionAt}/${id}` }];

/**
 * True for a change that starts work: an operation nobody has begun. The stream (outbox, or the table's stream with this as
 * its filter) carries these alone.
 */
export const isSignal = ({ kind, value }: AnyRecord): boolean =>
  kind === "operation" && value.state === "pending" && value.step === null;
