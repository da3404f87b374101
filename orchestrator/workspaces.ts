import { createNkey } from "#adapters/nats/nkey.ts";
import { Refusal } from "#core/errors.ts";
import { type EdgeVersions, edgeVersionsOf } from "#core/model/edge-versions.ts";
import type { NodeRecord } from "#core/model/node.ts";
import { timestampOf } from "#core/model/time.ts";
import { DEFAULT_WORKSPACE, Workspace, WorkspaceKeys, type WorkspaceSpec } from "#core/model/workspace.ts";
import type { Bus } from "#core/ports.ts";
import type { Broker } from "./broker.ts";
import type { Dependencies } from "./deps.ts";
import { answerNodes } from "./node-messages.ts";
import { reconnectWindow } from "./reconnect-window.ts";
import { type Seal, sealWith } from "./seal.ts";
import { openTable, type Table } from "./table.ts";
import { emptyWorkspace, openWorkspace, type WorkspaceStore } from "./workspace/open-workspace.ts";
import { type RunningWorkspace, runWorkspace } from "./workspace/run-workspace.ts";
import { hasOutlived, newWorkspaceKeys, rotateWorkspaceKeys, withoutOutlived } from "./workspace/workspace-keys.ts";

type Deps = Dependencies & { readonly broker: Broker; readonly isLeader: () => boolean };

/**
 * The workspaces of a network: records in the orchestrator's own account, each an account of its own. What is recorded is
 * brought to life by `converge`, whoever recorded it, so a crash between any two steps is repaired by the next pass.
 */
export class Workspaces {
  readonly #deps: Deps;
  readonly #records: Table<Workspace>;
  readonly #seal: Seal;
  readonly #running = new Map<string, RunningWorkspace>();
  /** Nodes that are being let in and are not written yet, by public key; how many requests each has. */
  readonly #expected = new Map<string, number>();
  /** The sealed keys that each runs with. */
  readonly #sealedAs = new Map<string, string>();
  readonly #current = new WeakMap<Workspace, boolean>();
  readonly #opening = new Map<string, Promise<RunningWorkspace | undefined>>();

  private constructor(deps: Deps, records: Table<Workspace>) {
    this.#deps = deps;
    this.#records = records;
    this.#seal = sealWith(deps.settings.sealingKeys);
    deps.broker.onConnection(({ account, user, connection, gone }) => {
      const workspace = [...this.#running.values()].find(({ store }) => store.account === account);
      if (gone === undefined) workspace?.live.connected(user, connection);
      else workspace?.live.disconnected(user, connection, gone);
    });
    records.onChange((name) => void this.#converge(name).catch((error: unknown) => this.#failed(name, error)));
  }

  static async open(deps: Deps, own: Bus): Promise<Workspaces> {
    const bucket = await own.bucket("WORKSPACE");
    const workspaces = new Workspaces(deps, await openTable(bucket, Workspace, { name: "WORKSPACE", log: deps.log }));
    await workspaces.converge();
    return workspaces;
  }

  running(): Iterable<RunningWorkspace> {
    return this.#running.values();
  }

  records(): Workspace[] {
    return this.#records.values();
  }

  record(name: string): Workspace | undefined {
    return this.#records.get(name);
  }

  /** The workspace at work. Refuses with `not-found`, or with `not-ready` while it is being opened. */
  async get(name: string): Promise<RunningWorkspace> {
    const running = this.#running.get(name) ?? (await this.#converge(name));
    if (running) return running;
    if (this.#records.get(name)?.deleting === false)
      throw new Refusal("not-ready", `The workspace ${name} is being opened. Try again in a moment.`);
    throw new Refusal("not-found", `There is no workspace ${name} here.`);
  }

  /** True where the first workspace takes nodes. */
  isReady(): boolean {
    return this.#running.get(DEFAULT_WORKSPACE)?.store.bus.isConnected() ?? false;
  }

  nodeCount(): number {
    return [...this.#running.values()].reduce((sum, { store }) => sum + store.nodes.size(), 0);
  }

  /**
   * Keeps a place for a node with that key until it is written, so that many at once cannot be more than the plan allows. Answers
   * what gives the place back; undefined where there is none.
   */
  expectNode(pub: string): (() => void) | undefined {
    const same = this.#expected.get(pub) ?? 0;
    if (same === 0 && this.nodeCount() + this.#expected.size >= this.#deps.settings.nodeLimit) return undefined;
    this.#expected.set(pub, same + 1);
    return () => {
      const left = (this.#expected.get(pub) ?? 1) - 1;
      if (left > 0) this.#expected.set(pub, left);
      else this.#expected.delete(pub);
    };
  }

  /** Of the nodes that are online, how many run which edge. */
  edgeVersions(): EdgeVersions {
    return edgeVersionsOf([...this.#running.values()].flatMap(({ live }) => [...live.edges]));
  }

  onlineCount(): number {
    return [...this.#running.values()].reduce((sum, { live }) => sum + live.online, 0);
  }

  /** All workspaces share one broker, so their nodes share one window. */
  async announceDrain(): Promise<void> {
    const windowMs = reconnectWindow(this.nodeCount());
    await Promise.all([...this.#running.values()].map((workspace) => workspace.announceDrain(windowMs)));
  }

  async findNode(id: string): Promise<{ workspace: RunningWorkspace; record: NodeRecord } | undefined> {
    if (!/^nod_[0-9a-z]{26}$/.test(id)) return undefined;
    for (const workspace of this.#running.values()) {
      const record = workspace.store.nodes.get(id) ?? (await workspace.store.nodes.fresh(id));
      if (record) return { workspace, record };
    }
    return undefined;
  }

  async create({ name, description }: WorkspaceSpec): Promise<Workspace> {
    const taken = new Refusal("name-taken", `There is a workspace ${name} already. Choose another name.`);
    if (this.#records.get(name)) throw taken;
    const keys = newWorkspaceKeys();
    const record: Workspace = {
      ...{ name, description, createdAt: timestampOf(this.#deps.clock.now()), account: createNkey("account").public },
      sealed: this.#seal.seal(JSON.stringify(keys), this.#about(name)),
      ...{ revocations: {}, deleting: false },
    };
    try {
      await this.#records.create(name, record);
    } catch (error) {
      throw error instanceof Refusal && error.kind === "conflict" ? taken : error;
    }
    await this.#converge(name);
    return record;
  }

  async describe(name: string, description: string): Promise<Workspace> {
    const changed = await this.#records.change(name, (record) => ({ ...record, description }));
    if (!changed) throw new Refusal("not-found", `There is no workspace ${name} here.`);
    return changed;
  }

  async remove(name: string): Promise<void> {
    if (name === DEFAULT_WORKSPACE)
      throw new Refusal(
        "not-possible-now",
        "The workspace default is part of the network. Delete the network instead.",
      );
    await this.#records.change(name, (record) => ({ ...record, deleting: true }));
    await this.#converge(name);
  }

  /** Shuts out whatever JWT that key has now; the broker disconnects it at once. */
  async revokeKey(name: string, pub: string): Promise<void> {
    const at = Math.floor(this.#deps.clock.now() / 1_000);
    const changed = await this.#records.change(name, (record) => ({
      ...record,
      revocations: { ...record.revocations, [pub]: at },
    }));
    if (changed) await this.#deps.broker.pushAccount(changed, this.#keysOf(changed));
  }

  /** Brings every record to life, or what is half gone to its end. */
  async converge(): Promise<void> {
    if (!this.#records.get(DEFAULT_WORKSPACE)) {
      await this.create({ name: DEFAULT_WORKSPACE, description: "" }).catch((error: unknown) => {
        if (!(error instanceof Refusal) || error.kind !== "name-taken") throw error;
      });
    }
    await Promise.all(
      this.#records
        .values()
        .map(({ name }) => this.#converge(name).catch((error: unknown) => this.#failed(name, error))),
    );
  }

  /** Tells the broker of every account again: it may have come back older than what is recorded. */
  async tellBroker(): Promise<void> {
    for (const record of this.#records.values())
      if (!record.deleting)
        await this.#deps.broker
          .pushAccount(record, this.#keysOf(record))
          .catch((error: unknown) => this.#failed(record.name, error));
  }

  /** True once nothing is sealed with another key than the one in use. */
  isSealedAnew(): boolean {
    return this.#records.values().every((record) => this.#isCurrent(record));
  }

  async sweep(): Promise<void> {
    if (this.#deps.isLeader()) await this.#renewKeys();
    if (this.#records.values().some(({ name, deleting }) => deleting || !this.#running.has(name)))
      await this.converge();
    await Promise.all([...this.#running.values()].map((workspace) => workspace.sweep()));
  }

  async close(): Promise<void> {
    this.#records.close();
    await Promise.all([...this.#running.values()].map(({ store }) => store.close()));
  }

  /** One at a time per workspace, however many ask. */
  #converge(name: string): Promise<RunningWorkspace | undefined> {
    const already = this.#opening.get(name);
    if (already) return already;
    const work = this.#bring(name).finally(() => this.#opening.delete(name));
    this.#opening.set(name, work);
    return work;
  }

  async #bring(name: string): Promise<RunningWorkspace | undefined> {
    const record = this.#records.get(name);
    const running = this.#running.get(name);
    if (record && !record.deleting) return running ? this.#keepUp(running, record) : this.#start(record);
    this.#running.delete(name);
    if (record && (running || this.#deps.isLeader())) await this.#takeAway(record, running?.store);
    else await running?.store.close();
    return undefined;
  }

  async #start(record: Workspace): Promise<RunningWorkspace> {
    const { settings, broker, clock, log, isLeader } = this.#deps;
    const keys = this.#keysOf(record);
    // Told every time: the broker may have lost it, and it may be older than what is recorded.
    await broker.pushAccount(record, keys);
    const address = { url: settings.natsUrl, caPem: settings.natsCa };
    const store = await openWorkspace(record, keys, { broker: address, clock, log });
    const current = () => this.#records.get(record.name) ?? record;
    const workspace = runWorkspace(store, current, { clock, log, isLeader, heartbeatMs: settings.heartbeatMs });
    answerNodes({ ...this.#deps, workspaces: this }, workspace);
    await store.bus.flush();
    this.#running.set(record.name, workspace);
    this.#sealedAs.set(record.name, record.sealed);
    if (isLeader()) workspace.announce();
    return workspace;
  }

  /** Goes on with the keys that are recorded, once the broker knows them. */
  async #keepUp(running: RunningWorkspace, record: Workspace): Promise<RunningWorkspace> {
    if (this.#sealedAs.get(record.name) === record.sealed) return running;
    const keys = this.#keysOf(record);
    await this.#deps.broker.pushAccount(record, keys);
    running.store.use(keys);
    running.desired.keysChanged();
    this.#sealedAs.set(record.name, record.sealed);
    return running;
  }

  /**
   * Seals anew what another sealing key sealed, with new signing keys: whoever had the old sealing key has nothing. What was signed
   * before stays valid until it ends.
   */
  async #renewKeys(): Promise<void> {
    const now = this.#deps.clock.now();
    for (const { store, name } of this.#running.values()) {
      const record = this.#records.get(name);
      if (!record || record.deleting) continue;
      if (this.#isCurrent(record) && !hasOutlived(store.keys, now)) continue;
      await this.#records
        .change(name, (latest) => {
          const keys = this.#keysOf(latest);
          const next = this.#isCurrent(latest) ? withoutOutlived(keys, now) : rotateWorkspaceKeys(keys, now);
          return { ...latest, sealed: this.#seal.seal(JSON.stringify(next), this.#about(name)) };
        })
        .catch((error: unknown) => this.#failed(name, error));
    }
  }

  #isCurrent(record: Workspace): boolean {
    const known = this.#current.get(record);
    if (known !== undefined) return known;
    const current = this.#seal.isCurrent(record.sealed, this.#about(record.name));
    this.#current.set(record, current);
    return current;
  }

  async #takeAway(record: Workspace, open: WorkspaceStore | undefined): Promise<void> {
    const { settings, broker, clock, log } = this.#deps;
    const address = { url: settings.natsUrl, caPem: settings.natsCa };
    const keys = this.#keysOf(record);
    if (!open) await broker.pushAccount(record, keys);
    const store = open ?? (await openWorkspace(record, keys, { broker: address, clock, log }));
    await emptyWorkspace(store.bus);
    await store.close();
    await broker.deleteAccount(record.account);
    await this.#records.remove(record.name);
  }

  #keysOf(record: Workspace): WorkspaceKeys {
    return WorkspaceKeys.parse(JSON.parse(this.#seal.open(record.sealed, this.#about(record.name))));
  }

  #about(name: string): string {
    return `${this.#deps.settings.network}/${name}`;
  }

  #failed(name: string, error: unknown): void {
    this.#deps.log("warn", "a workspace is not as it should be; the next sweep tries again", {
      workspace: name,
      error: String(error),
    });
  }
}
