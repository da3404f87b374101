import { createHash } from "node:crypto";
import type { Context } from "aws-lambda";
import { gatesOf } from "#adapters/gates.ts";
import { joseVerifier, jwkSigner, newSigningKey } from "#adapters/jwt.ts";
import { endedEvent } from "#adapters/local-workflows/ended-event.ts";
import { type LocalWorkflows, localWorkflows, type TaskHandler } from "#adapters/local-workflows.ts";
import { oidcPeople } from "#adapters/oidc.ts";
import { registryBuilds } from "#adapters/registry-builds.ts";
import { nodeSecrets } from "#adapters/secrets.ts";
import { type SqliteStore, sqliteStore } from "#adapters/sqlite.ts";
import { systemClock, ulids } from "#adapters/world.ts";
import type { Cell } from "#core/model/cell.ts";
import type { CellId, OrganizationId } from "#core/model/ids.ts";
import { hasEnded, type Operation } from "#core/model/operation.ts";
import type { Caller } from "#core/model/organization.ts";
import { timestampOf } from "#core/model/time.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { followChange } from "#core/operations/follow-change.ts";
import type { Clock, Gates, People, Store } from "#core/ports.ts";
import { workflows as definitions } from "#step-functions/index.ts";
import { executionEnded } from "../functions/events/execution-ended.ts";
import { tasks } from "../functions/tasks/index.ts";
import { type MemoryCells, memoryCells } from "./memory-cells.ts";
import { type MemoryProbe, memoryProbe } from "./memory-probe.ts";

/** A clock that runs like ours and can be put forward. */
export interface TestClock extends Clock {
  advance(milliseconds: number): void;
}

export function testClock(): TestClock {
  let ahead = 0;
  return {
    now: () => Date.now() + ahead,
    sleep: systemClock.sleep,
    advance: (milliseconds) => {
      ahead += milliseconds;
    },
  };
}

/** Where a test's control plane keeps its intent, and how what is written there becomes work. */
export interface Intent<S extends Store> {
  readonly store: S;
  /** Hands every waiting signal to its consumer, or sees to it that it will be handed over. */
  follow(deps: Dependencies): Promise<void>;
  /** Drops the signals that nobody has followed yet. */
  lose(): Promise<void>;
  close(): Promise<void>;
}

/** The intent in memory, or in a file; signals wait in its outbox. */
export function sqliteIntent(file = ":memory:"): Intent<SqliteStore> {
  const store = sqliteStore(file);
  return {
    store,
    async follow(deps) {
      const changes = store.outbox.read(1_000);
      await Promise.all(changes.map((change) => followChange(deps, change)));
      store.outbox.done(changes.map(({ seq }) => seq));
    },
    async lose() {
      store.outbox.done(store.outbox.read(1_000).map(({ seq }) => seq));
    },
    close: async () => store.close(),
  };
}

export interface TestControlPlane<S extends Store = SqliteStore> {
  readonly deps: Dependencies;
  readonly store: S;
  readonly workflows: LocalWorkflows;
  readonly cells: MemoryCells;
  readonly probe: MemoryProbe;
  readonly clock: TestClock;
  readonly caller: Caller;
  /** Hands every waiting signal to its consumer, as the stream does. */
  follow(): Promise<void>;
  /** Drops the signals that wait. */
  lose(): Promise<void>;
  /** A cell that has joined and reported. */
  addCell(cell?: Partial<Cell>): Promise<Cell>;
  /** The cells report again, so that they count as fresh. */
  report(...cells: CellId[]): Promise<void>;
  /** The operation once it has ended. */
  ended(id: string): Promise<Operation>;
  close(): Promise<void>;
}

export interface ControlPlaneOptions {
  /** May put itself around every task. */
  readonly wrap?: (name: string, handler: TaskHandler) => TaskHandler;
  /** How long Wait states of workflows last. */
  readonly waitMs?: number;
  /** Who people sign in by; nobody, unless told otherwise. */
  readonly people?: People;
  /** What has a say in rollouts; there is nothing, unless told otherwise. */
  readonly gates?: Gates;
  /** Cells that were there before: a control plane that takes over. */
  readonly cells?: MemoryCells;
}

/** A control plane with its intent in memory, unless told otherwise, and cells in memory. */
export function aControlPlane(options?: ControlPlaneOptions): Promise<TestControlPlane>;
export function aControlPlane<S extends Store>(
  options: ControlPlaneOptions & { readonly intent: Intent<S> },
): Promise<TestControlPlane<S>>;
export async function aControlPlane({
  wrap = (_name, handler) => handler,
  people = oidcPeople([], { log: () => {} }),
  intent = sqliteIntent(),
  cells: given,
  gates = gatesOf({}),
  waitMs,
}: ControlPlaneOptions & { readonly intent?: Intent<Store> } = {}): Promise<TestControlPlane<Store>> {
  const clock = testClock();
  const { store } = intent;
  const cells = given ?? memoryCells(() => clock.now());
  const probe = memoryProbe();
  const signer = await jwkSigner(await newSigningKey());
  const ids = ulids(clock);
  const handlers = new Map<string, TaskHandler>();
  const workflows = localWorkflows({
    definitions,
    tasks: Object.fromEntries(
      Object.keys(tasks).map((name) => [
        name,
        (input: unknown) => handlers.get(name)?.(input) ?? Promise.reject(new Error(name)),
      ]),
    ),
    log: () => {},
    onEnded: async (execution, status) => {
      if (status !== "SUCCEEDED") await executionEnded(deps)(endedEvent(execution) as never, {} as Context);
    },
    ...(waitMs === undefined ? {} : { waitMs }),
  });
  const deps: Dependencies = {
    store,
    workflows,
    cells,
    builds: registryBuilds(),
    probe,
    gates,
    networkTokens: signer,
    cellCalls: signer,
    verifier: joseVerifier,
    people,
    clock,
    ids,
    chance: () => 0,
    secrets: nodeSecrets(new Uint8Array(32)),
    issuer: "http://control-plane.test",
    log: () => {},
    measure: () => {},
  };
  for (const [name, make] of Object.entries(tasks)) {
    const handler = make(deps) as (input: unknown, context: Context) => Promise<unknown>;
    handlers.set(
      name,
      wrap(name, (input) => handler(input, {} as Context)),
    );
  }

  const claimed = await store.get("claim", "organization/default");
  const org = (claimed?.value.owner as OrganizationId | undefined) ?? ids.next("org");
  const at = timestampOf(clock.now());
  if (!claimed)
    await store.commit([
      { write: "put", was: 0, kind: "claim", value: { id: "organization/default", owner: org } },
      {
        write: "put",
        was: 0,
        kind: "organization",
        value: { id: org, slug: "default", name: "Default", createdAt: at },
      },
      { write: "put", was: 0, kind: "fleet", value: { id: "fleet", epoch: 1 } },
    ]);

  return {
    deps,
    store,
    workflows,
    cells,
    probe,
    clock,
    caller: { actor: "key:cpk_000000000000", org, role: "owner", platform: true, from: "127.0.0.1" },
    follow: () => intent.follow(deps),
    lose: () => intent.lose(),
    async addCell(cell = {}) {
      const id = ids.next("cel");
      const now = timestampOf(clock.now());
      const joined: Cell = {
        id,
        name: `cell-${createHash("sha256").update(id).digest("hex").slice(0, 8)}`,
        region: "local",
        labels: {},
        limits: { networks: 100 },
        schedulable: true,
        membership: {
          identity: (await signer.publicKeys())[0] as never,
          publicUrl: "https://127.0.0.1:1",
          domain: "cell.test",
          caPem: "",
          joinedAt: now,
        },
        join: { sha256: "", expiresAt: now, usedBy: null },
        createdAt: now,
        ...cell,
      };
      await store.commit([
        { write: "put", was: 0, kind: "cell", value: joined },
        {
          write: "put",
          was: 0,
          kind: "cell-report",
          value: { cell: id, at: now, agent: "test", capacity: { networks: null }, networks: 0, cursor: null },
        },
      ]);
      return joined;
    },
    async report(...reporting) {
      for (const id of reporting) {
        const known = await store.get("cell-report", id);
        if (!known) continue;
        const value = { ...known.value, at: timestampOf(clock.now()) };
        await store.commit([{ write: "put", was: known.version, kind: "cell-report", value }]);
      }
    },
    async ended(id) {
      for (;;) {
        const found = await store.get("operation", id);
        if (found && hasEnded(found.value)) return found.value;
        await clock.sleep(10);
      }
    },
    async close() {
      workflows.close();
      await intent.close();
    },
  };
}
