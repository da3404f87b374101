import { canonicalJson } from "#core/model/canonical.ts";
import type { NetworkInstance } from "#core/model/instance.ts";
import type { Condition, Endpoints, Observed, Phase } from "#core/model/network.ts";
import { timestampOf } from "#core/model/time.ts";
import type { Contact } from "./contact.ts";
import type { WorkloadState } from "./workload-state.ts";

/** All that a status is made of. */
export interface Observations {
  /** Why objects could not be applied; `null` when all of them are as they should be. */
  readonly applyFailure: string | null;
  readonly broker: WorkloadState;
  readonly orchestrator: WorkloadState;
  readonly contact: Contact;
  readonly endpoints: Endpoints | null;
  readonly secrets: SecretsState;
  /** What people should know and nothing waits for. */
  readonly notes: readonly Finding[];
  readonly previous: Observed | undefined;
  readonly now: number;
}

/** How far the secrets of a network are. */
export interface SecretsState {
  /** Which rotation they are of. */
  readonly rotation: number;
  /** Nothing needs those of before any more. */
  readonly inUse: boolean;
  /** SHA-256 of the certificate that the broker should show. */
  readonly certificate: string;
}

export type Finding = Omit<Condition, "since">;

/** What the cell says of a network that should be there, rebuilt from what was observed. */
export function statusOf({ spec: order }: Pick<NetworkInstance, "spec">, seen: Observations): Observed {
  const findings = findingsOf(order, seen);
  const ready = findings.every(({ status }) => status === "True");
  const phase = phaseOf(seen.previous, order.generation, ready);
  const settled: Finding = ready
    ? {
        type: "Settled",
        status: "True",
        reason: "Connectable",
        message: `a node can connect, at generation ${order.generation}`,
      }
    : {
        type: "Settled",
        status: "False",
        reason: "Converging",
        message: findings.find((one) => one.status !== "True")?.message ?? "",
      };
  const { contact, previous, now } = seen;
  return {
    network: order.network,
    epoch: order.epoch,
    generation: order.generation,
    observedGeneration: order.generation,
    phase,
    release: contact.orchestrator?.release ?? previous?.release ?? null,
    endpoints: seen.endpoints,
    conditions: [...findings, ...seen.notes, settled].map((one) => since(one, previous, now)),
    nodes: contact.orchestrator?.nodes ?? previous?.nodes ?? { online: 0, total: 0 },
    reachable: reachableOf(contact, previous),
    blockers: [],
    reportedAt: timestampOf(now),
  };
}

/** What the cell says of a network that is being taken away. */
export function deletingStatusOf(
  { spec: order }: Pick<NetworkInstance, "spec">,
  seen: { blockers: readonly string[]; previous: Observed | undefined; now: number },
): Observed {
  const { blockers, previous, now } = seen;
  const deleted: Finding = {
    type: "Deleted",
    status: "False",
    reason: blockers.length > 0 ? "Blocked" : "Deleting",
    message: blockers[0] ?? "the namespace and all in it are being removed",
  };
  return {
    network: order.network,
    epoch: order.epoch,
    generation: order.generation,
    observedGeneration: order.generation,
    phase: "deleting",
    release: previous?.release ?? null,
    endpoints: null,
    conditions: [since(deleted, previous, now)],
    nodes: { online: 0, total: previous?.nodes.total ?? 0 },
    reachable: { api: false, nats: false, checkedAt: null },
    blockers: [...blockers],
    reportedAt: timestampOf(now),
  };
}

/** What the cell says before it has looked. */
export const pendingStatusOf = ({ spec: order }: Pick<NetworkInstance, "spec">, now: number): Observed => ({
  network: order.network,
  epoch: order.epoch,
  generation: order.generation,
  observedGeneration: 0,
  phase: "pending",
  release: null,
  endpoints: null,
  conditions: [],
  nodes: { online: 0, total: 0 },
  reachable: { api: false, nats: false, checkedAt: null },
  blockers: [],
  reportedAt: timestampOf(now),
});

/** True where only the time of looking differs: such a status is not worth a write. */
export function saysTheSame(a: Observed | undefined, b: Observed): boolean {
  const timeless = (observed: Observed) =>
    canonicalJson({ ...observed, reportedAt: "", reachable: { ...observed.reachable, checkedAt: null } });
  return a !== undefined && timeless(a) === timeless(b);
}

function findingsOf(order: NetworkInstance["spec"], seen: Observations): Finding[] {
  const { applyFailure, broker, orchestrator, contact } = seen;
  const { api, nats, orchestrator: said } = contact;
  const doors = Object.entries({ API: api, NATS: nats });
  const untriedDoor = doors.some(([, { open }]) => open === null);
  const shut = doors.filter(([, { open }]) => open === false).map(([name, { trouble }]) => `${name}: ${trouble}`);
  const current = said?.ready === true && said.release === order.spec.release;
  const silent = "it does not say on its internal port that it is ready at the release asked for";
  return [
    finding("Applied", applyFailure === null, { yes: "Applied", no: "ApplyFailed", trouble: applyFailure ?? "" }),
    finding("BrokerReady", broker.done, { yes: "Ready", no: broker.reason, trouble: `broker: ${broker.message}` }),
    orchestrator.done && said === undefined
      ? unknown("OrchestratorReady", seen, order)
      : finding("OrchestratorReady", orchestrator.done && current, {
          yes: "Ready",
          no: orchestrator.done ? "NotAnswering" : orchestrator.reason,
          trouble: `orchestrator: ${orchestrator.done ? silent : orchestrator.message}`,
        }),
    said === undefined
      ? unknown("AccessApplied", seen, order)
      : finding("AccessApplied", said !== null && said.accessGeneration >= order.access.generation, {
          yes: "Applied",
          no: "Pending",
          trouble: "the orchestrator has not taken over the access list yet",
        }),
    untriedDoor && shut.length === 0
      ? unknown("RoutesAnswer", seen, order)
      : finding("RoutesAnswer", shut.length === 0, { yes: "Answering", no: "NotAnswering", trouble: shut.join("; ") }),
    ...rotationFindings(order, seen),
  ];
}

/** Said of networks whose secrets were ever rotated. Once true for an order it stays so: a certificate that is renewed later is not part of it. */
function rotationFindings(order: NetworkInstance["spec"], seen: Observations): Finding[] {
  const wanted = order.spec.rotation ?? 0;
  if (wanted === 0) return [];
  const { secrets, contact, previous } = seen;
  const before = previous?.conditions.find(({ type }) => type === "SecretsRotated");
  const wasDone = before?.status === "True" && previous?.observedGeneration === order.generation;
  const trouble =
    secrets.rotation < wanted || !secrets.inUse
      ? "the orchestrator has not sealed everything with the new key yet"
      : wasDone || contact.nats.certificate === secrets.certificate
        ? ""
        : "the broker does not show its new certificate yet";
  return [
    finding("SecretsRotated", trouble === "", { yes: "Rotated", no: "Rotating", trouble: `secrets: ${trouble}` }),
  ];
}

const finding = (type: string, holds: boolean, says: { yes: string; no: string; trouble: string }): Finding =>
  holds
    ? { type, status: "True", reason: says.yes, message: "" }
    : { type, status: "False", reason: says.no, message: says.trouble };

/** What was not tried yet is as it was, if it was looked at under this very order: an agent that starts again changes nothing. */
function unknown(type: string, { previous }: Observations, order: NetworkInstance["spec"]): Finding {
  const before = previous?.conditions.find((one) => one.type === type);
  if (before && previous?.observedGeneration === order.generation) {
    const { status, reason, message } = before;
    return { type, status, reason, message };
  }
  return { type, status: "Unknown", reason: "NotTriedYet", message: `${type}: not tried yet` };
}

/** Where a network is on its way: what it was before tells a first start from an update and an update from an accident. */
export function phaseOf(previous: Observed | undefined, generation: number, ready: boolean): Phase {
  if (ready) return "ready";
  if (!previous || previous.phase === "pending" || previous.phase === "provisioning") return "provisioning";
  if (previous.phase === "updating" || previous.observedGeneration < generation) return "updating";
  return "degraded";
}

/** A condition keeps its time while its status stays. */
function since(finding: Finding, previous: Observed | undefined, now: number): Condition {
  const before = previous?.conditions.find(({ type }) => type === finding.type);
  return { ...finding, since: before?.status === finding.status ? before.since : timestampOf(now) };
}

/** Of a door that was not tried yet, what was said of it before. */
const reachableOf = ({ api, nats, checkedAt }: Contact, previous: Observed | undefined): Observed["reachable"] => ({
  api: api.open ?? previous?.reachable.api ?? false,
  nats: nats.open ?? previous?.reachable.nats ?? false,
  checkedAt: checkedAt === null ? (previous?.reachable.checkedAt ?? null) : timestampOf(checkedAt),
});
