import type { Heartbeat } from "#core/messages.ts";
import { type Liveness, livenessOf, type OfflineReason, warmUpMs } from "#core/model/liveness.ts";
import type { NodeRecord, NodeSigns, ReportedState } from "#core/model/node.ts";
import type { Clock } from "#core/ports.ts";
import { reconnectWindow } from "../reconnect-window.ts";
import type { WorkspaceStore } from "./open-workspace.ts";

/** What memory knows of one node. A restart forgets it; the next heartbeat brings it back. */
interface Live {
  session: string | undefined;
  sequence: number;
  lastBeatAt: number | undefined;
  /** The newest heartbeat's applied generation. */
  applied: { readonly g: number; readonly h: string } | undefined;
  beat: Pick<Heartbeat, "p" | "r" | "x">;
  left: { readonly at: number; readonly reason: OfflineReason } | undefined;
  connection: number | undefined;
  reported: ReportedState | null;
  liveness: Liveness;
  /** The edge that it is counted with in `edges`. */
  edge: string | undefined;
}

/** How many records one second may write down: far below what the broker can, so that nothing else waits for it. */
const WRITES_PER_SWEEP = 300;

/** The nodes of a workspace as they are now: fed by heartbeats and by the broker's connection events. */
export class LiveNodes {
  readonly #store: WorkspaceStore;
  readonly #clock: Clock;
  /** How often nodes report. */
  readonly #everyMs: number;
  readonly #live = new Map<string, Live>();
  readonly #byKey = new Map<string, string>();
  /** Nodes whose record no longer says what is true. */
  readonly #unwritten = new Set<string>();
  #warmUntil: number;
  online = 0;
  /** How many of those online call their edge what. */
  readonly edges = new Map<string, number>();

  constructor(store: WorkspaceStore, clock: Clock, everyMs: number) {
    this.#store = store;
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#warmUntil = 0;
    this.warmUp();
    for (const { key, value } of store.nodes.rows()) this.#recordChanged(key, value);
    store.nodes.onChange((key, value) => this.#recordChanged(key, value));
    store.bus.onReconnect(() => this.warmUp());
  }

  /** After a silence that may have been our own, nobody is called offline for a while. */
  warmUp(): void {
    this.#warmUntil = this.#clock.now() + warmUpMs(this.#everyMs, reconnectWindow(this.#store.nodes.size()));
  }

  /** The node that has this public key. */
  ofKey(pub: string): NodeRecord | undefined {
    const id = this.#byKey.get(pub);
    return id === undefined ? undefined : this.#store.nodes.get(id);
  }

  livenessOf(id: string): Liveness {
    return this.#live.get(id)?.liveness ?? { state: "never_connected" };
  }

  signsOf(id: string): NodeSigns {
    const live = this.#live.get(id);
    const desired = this.#store.desired.get(id);
    return {
      liveness: this.livenessOf(id),
      lastSeenAt: live?.lastBeatAt,
      beat: live?.beat ?? {},
      reported: live?.reported ?? null,
      desired: desired ? { gen: desired.gen, hash: desired.hash } : null,
    };
  }

  reportedOf(id: string): ReportedState | null {
    return this.#live.get(id)?.reported ?? null;
  }

  appliedOf(id: string): { readonly g: number; readonly h: string } | undefined {
    return this.#live.get(id)?.applied;
  }

  hello(id: string, boot: string, applied: { gen: number; hash: string } | null): void {
    const live = this.#live.get(id);
    if (!live) return;
    live.session = boot;
    live.sequence = -1;
    live.applied = applied ? { g: applied.gen, h: applied.hash } : undefined;
    this.#seen(id, live);
  }

  /** False for one that is late, repeated, or of a process that a newer one replaced. */
  heartbeat(id: string, { s, q, g, h, p, r, x }: Heartbeat): boolean {
    const live = this.#live.get(id);
    if (!live || (live.session !== undefined && live.session !== s) || q <= live.sequence) return false;
    live.session = s;
    live.sequence = q;
    live.applied = { g, h };
    live.beat = { ...live.beat, ...(p ? { p } : {}), ...(r ? { r } : {}), ...(x ? { x } : {}) };
    this.#seen(id, live);
    return true;
  }

  reported(id: string, reported: ReportedState): void {
    const live = this.#live.get(id);
    if (!live) return;
    live.reported = reported;
    this.#unwritten.add(id);
  }

  bye(id: string): void {
    const live = this.#live.get(id);
    if (!live) return;
    live.left = { at: this.#clock.now(), reason: "bye" };
    live.session = undefined;
    this.#judge(id, live);
  }

  connected(pub: string, connection: number): void {
    const live = this.#ofKey(pub);
    if (!live) return;
    live.connection = connection;
    if (live.left && live.left.reason !== "bye") live.left = undefined;
  }

  disconnected(pub: string, connection: number, reason: OfflineReason): void {
    const live = this.#ofKey(pub);
    // The end of an older connection says nothing about the newer one.
    if (!live || live.left || (live.connection !== undefined && live.connection !== connection)) return;
    live.left = { at: this.#clock.now(), reason };
  }

  /** Judges everybody by the time that passed. */
  sweep(): void {
    for (const [id, live] of this.#live) this.#judge(id, live);
  }

  /** Writes down what a restart should not forget: who is online, and what came of the newest document. */
  async writeDown(): Promise<void> {
    const some = [...this.#unwritten].slice(0, WRITES_PER_SWEEP);
    await Promise.all(
      some.map(async (id) => {
        const live = this.#live.get(id);
        this.#unwritten.delete(id);
        if (!live) return;
        const lastSeen = live.lastBeatAt === undefined ? undefined : new Date(live.lastBeatAt).toISOString();
        await this.#store.nodes.change(id, (record) => ({
          ...record,
          online: live.liveness.state === "online",
          lastSeen: lastSeen ?? record.lastSeen,
          reported: live.reported,
        }));
      }),
    );
  }

  #ofKey(pub: string): Live | undefined {
    const id = this.#byKey.get(pub);
    return id === undefined ? undefined : this.#live.get(id);
  }

  #seen(id: string, live: Live): void {
    live.lastBeatAt = this.#clock.now();
    live.left = undefined;
    this.#judge(id, live);
  }

  #judge(id: string, live: Live): void {
    const record = this.#store.nodes.get(id);
    if (!record) return;
    const before = live.liveness.state;
    live.liveness = livenessOf(
      {
        status: record.status,
        everSeen: record.lastSeen !== null,
        wasOnline: record.online,
        lastBeatAt: live.lastBeatAt,
        left: live.left,
        everyMs: this.#everyMs,
      },
      { now: this.#clock.now(), warmUntil: this.#warmUntil },
    );
    const after = live.liveness.state;
    this.#countEdge(live, after === "online" ? record.edge : undefined);
    if (before === after) return;
    this.online += Number(after === "online") - Number(before === "online");
    if ((after === "online") !== record.online) this.#unwritten.add(id);
  }

  /** Kept up to date, because it is asked for ten times a second, of many nodes. */
  #countEdge(live: Live, edge: string | undefined): void {
    if (live.edge === edge) return;
    for (const [said, by] of [[live.edge, -1] as const, [edge, 1] as const]) {
      if (said === undefined) continue;
      const count = (this.edges.get(said) ?? 0) + by;
      if (count > 0) this.edges.set(said, count);
      else this.edges.delete(said);
    }
    live.edge = edge;
  }

  #recordChanged(id: string, record: NodeRecord | undefined): void {
    const live = this.#live.get(id);
    if (!record) {
      if (live?.liveness.state === "online") this.online--;
      if (live) this.#countEdge(live, undefined);
      this.#live.delete(id);
      this.#unwritten.delete(id);
      for (const [pub, owner] of this.#byKey) if (owner === id) this.#byKey.delete(pub);
      return;
    }
    this.#byKey.set(record.pub, id);
    const known: Live = live ?? {
      ...{ session: undefined, sequence: -1, lastBeatAt: undefined, applied: undefined, beat: {}, left: undefined },
      ...{ connection: undefined, edge: undefined, reported: record.reported },
      liveness: { state: "never_connected" },
    };
    this.#live.set(id, known);
    this.#judge(id, known);
  }
}
