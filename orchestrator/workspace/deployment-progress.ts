import {
  type Counts,
  countsOf,
  type Deployment,
  isComplete,
  type TargetState,
  targetState,
} from "#core/model/deployment.ts";
import { labelsOf, type NodeRecord } from "#core/model/node.ts";
import { matches, requirementsOf } from "#core/model/selector.ts";
import { timestampOf } from "#core/model/time.ts";
import type { Clock } from "#core/ports.ts";
import type { DesiredDocuments } from "./desired-documents.ts";
import type { LiveNodes } from "./live-nodes.ts";
import type { WorkspaceStore } from "./open-workspace.ts";

export interface Target {
  readonly node: string;
  readonly name: string;
  readonly state: TargetState;
  readonly health: string | null;
  readonly message: string | null;
}

/** How far deployments came: always computed from what nodes show now, so it cannot be out of step with them. */
export class DeploymentProgress {
  readonly #store: WorkspaceStore;
  readonly #live: LiveNodes;
  readonly #desired: DesiredDocuments;
  readonly #clock: Clock;

  constructor(store: WorkspaceStore, live: LiveNodes, desired: DesiredDocuments, clock: Clock) {
    this.#store = store;
    this.#live = live;
    this.#desired = desired;
    this.#clock = clock;
  }

  /** The nodes it is for: active ones that its selector matches. */
  targets(deployment: Deployment): Target[] {
    const requirements = requirementsOf(deployment.selector);
    return this.#store.nodes
      .values()
      .filter((record) => record.status === "active" && matches(requirements, labelsOf(record)))
      .map((record) => this.#target(deployment, record));
  }

  counts(deployment: Deployment): Counts {
    return countsOf(this.targets(deployment).map(({ state }) => state));
  }

  /** Ends those that wait for nobody any more. */
  async complete(): Promise<void> {
    if (!this.#desired.isIdle()) return;
    const running = this.#store.deployments.values().filter(({ state }) => state === "running");
    for (const deployment of running) {
      if (!isComplete(this.counts(deployment))) continue;
      await this.#store.deployments.change(deployment.id, (current) =>
        current.state === "running"
          ? { ...current, state: "completed", completedAt: timestampOf(this.#clock.now()) }
          : undefined,
      );
    }
  }

  #target(deployment: Deployment, record: NodeRecord): Target {
    const { liveness, beat } = this.#live.signsOf(record.id);
    const reported = this.#live.reportedOf(record.id);
    const desired = this.#store.desired.get(record.id);
    const applied = this.#live.appliedOf(record.id);
    const isCurrent = applied !== undefined && applied.g === desired?.gen && applied.h !== "";
    const attempt = reported?.attempt;
    const running = [
      ...(reported?.pipelines ?? []).map(({ name, rev, health }) => ({ name, rev, health })),
      ...(beat.p ?? []).map(({ n, r, s }) => ({ name: n, rev: r, health: s })),
    ];
    const state = targetState(deployment, {
      online: liveness.state === "online",
      decidedBy: this.#desired.decidedOn(record).get(deployment.pipeline)?.id,
      desiredHash: desired?.hash,
      appliedHash: isCurrent ? applied.h : undefined,
      running,
      attempt,
    });
    const own = running.find(({ name, rev }) => name === deployment.pipeline && rev === deployment.rev);
    return {
      ...{ node: record.id, name: record.name, state, health: own?.health ?? null },
      message: state === "failed" ? (attempt?.msg ?? null) : null,
    };
  }
}
