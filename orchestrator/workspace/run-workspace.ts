import { Refusal } from "#core/errors.ts";
import { type Broadcast, subjects } from "#core/messages.ts";
import type { AuditEvent } from "#core/model/audit.ts";
import { timestampOf } from "#core/model/time.ts";
import type { Workspace } from "#core/model/workspace.ts";
import type { Clock, Ids, Log } from "#core/ports.ts";
import { DeploymentProgress } from "./deployment-progress.ts";
import { DesiredDocuments } from "./desired-documents.ts";
import { LiveNodes } from "./live-nodes.ts";
import type { WorkspaceStore } from "./open-workspace.ts";

/** What was done, by whom; the stream of the workspace keeps it. */
export type Deed = Pick<AuditEvent, "actor" | "from" | "action" | "subject" | "after"> & { readonly before?: unknown };

/** A workspace at work. */
export interface RunningWorkspace {
  readonly name: string;
  readonly store: WorkspaceStore;
  readonly live: LiveNodes;
  readonly desired: DesiredDocuments;
  readonly progress: DeploymentProgress;
  /** As it is written down now. */
  record(): Workspace;
  audit(deed: Deed, ids: Ids): Promise<void>;
  /** Tells the nodes that are connected how often to report: they may have heard of another interval. */
  announce(): void;
  /** Tells the nodes that are connected that the broker goes away: each comes back at its own place in this window. */
  announceDrain(windowMs: number): Promise<void>;
  /** The slow scan: judges who is online, ends deployments, repairs what a lost signal missed. */
  sweep(): Promise<void>;
}

/** Every node's document is looked at this often even if nothing woke it. */
const FULL_PASS_MS = 60_000;

export function runWorkspace(
  store: WorkspaceStore,
  record: () => Workspace,
  { clock, log, heartbeatMs, isLeader }: { clock: Clock; log: Log; heartbeatMs: number; isLeader: () => boolean },
): RunningWorkspace {
  const live = new LiveNodes(store, clock, heartbeatMs);
  const desired = new DesiredDocuments(store, { clock, log, isLeader });
  const progress = new DeploymentProgress(store, live, desired, clock);
  let fullPassAt = clock.now();
  return {
    name: store.name,
    ...{ store, live, desired, progress, record },
    async audit({ before = null, ...deed }, ids) {
      const event = { id: ids.next("aud"), at: timestampOf(clock.now()), before, ...deed };
      await store.bus
        .append(subjects.audit(deed.action), JSON.stringify(event))
        .catch((error: unknown) => log("error", "an audit event could not be kept", { ...deed, error: String(error) }));
    },
    announce() {
      const told: Broadcast = { kind: "hb", everyMs: heartbeatMs };
      store.bus.publish(subjects.broadcast, JSON.stringify(told));
    },
    async announceDrain(windowMs) {
      if (!store.bus.isConnected())
        throw new Refusal("not-ready", "The broker does not answer, so no node can be told.");
      const told: Broadcast = { kind: "draining", windowMs };
      store.bus.publish(subjects.broadcast, JSON.stringify(told));
      await store.bus.flush();
    },
    async sweep() {
      live.sweep();
      if (!isLeader() || !store.bus.isConnected()) return;
      if (clock.now() - fullPassAt >= FULL_PASS_MS) {
        fullPassAt = clock.now();
        desired.wakeAll();
      } else desired.again();
      await live.writeDown();
      await progress.complete();
    },
  };
}
