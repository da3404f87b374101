import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Context } from "aws-lambda";
import { httpCells } from "#adapters/cells-http.ts";
import { prometheusAlarms } from "#adapters/gates/prometheus-alarms.ts";
import { webhookGates } from "#adapters/gates/webhook.ts";
import { gatesOf } from "#adapters/gates.ts";
import { fileSigner, joseVerifier } from "#adapters/jwt.ts";
import { endedEvent } from "#adapters/local-workflows/ended-event.ts";
import { type LocalWorkflows, localWorkflows } from "#adapters/local-workflows.ts";
import { type Issuer, oidcPeople } from "#adapters/oidc.ts";
import { outsideProbe } from "#adapters/probe.ts";
import { type Prometheus, prometheus } from "#adapters/prometheus.ts";
import { registryBuilds } from "#adapters/registry-builds.ts";
import { nodeSecrets } from "#adapters/secrets.ts";
import { type SqliteStore, sqliteStore } from "#adapters/sqlite.ts";
import { systemClock, ulids } from "#adapters/world.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { measuredStore } from "#core/operations/measured-store.ts";
import type { Builds, Clock, Log, Trace } from "#core/ports.ts";
import { workflows as definitions } from "#step-functions/index.ts";
import { executionEnded } from "../../functions/events/execution-ended.ts";
import { tasks } from "../../functions/tasks/index.ts";

/** The handler that is told of executions that ended without success. */
const ENDED = "ExecutionEnded";

export interface ControlPlane {
  readonly deps: Dependencies;
  readonly store: SqliteStore;
  readonly workflows: LocalWorkflows;
  readonly figures: Prometheus;
}

/** Builds the control plane of one machine from its data directory: SQLite, keys in files, workflows in this process. */
export async function assemble({
  data,
  issuer,
  issuers = [],
  builds = registryBuilds(),
  log,
  clock = systemClock,
  trace = (_, act) => act(),
  gates: { prometheus: alarms, origins = [] } = {},
}: {
  data: string;
  issuer: string;
  /** Who people sign in by; without any there are API keys alone. */
  issuers?: readonly Issuer[];
  /** Where the cells have their images from. */
  builds?: Builds;
  log: Log;
  clock?: Clock;
  /** Where traces go, if anywhere. */
  trace?: Trace;
  /** Where alarms are known, and which origins of webhooks may be private. */
  gates?: { readonly prometheus?: string | undefined; readonly origins?: readonly string[] };
}): Promise<ControlPlane> {
  const keys = join(data, "keys");
  mkdirSync(keys, { recursive: true, mode: 0o700 });
  const store = sqliteStore(join(data, "intent.db"));
  const cellCalls = await fileSigner(join(keys, "cell-calls.json"));
  const networkTokens = await fileSigner(join(keys, "network-tokens.json"));
  const figures = prometheus();
  const world = { clock, ids: ulids(clock), chance: Math.random, log };

  // Workflows start tasks, and tasks (through the store) workflows: the handlers are bound once both are there.
  const handlers: Record<string, (input: unknown) => Promise<unknown>> = {};
  const workflows = localWorkflows({
    definitions,
    log,
    onEnded: async (execution, status) => {
      if (status !== "SUCCEEDED") await handlers[ENDED]?.(endedEvent(execution));
    },
    tasks: Object.fromEntries(
      Object.keys(tasks).map((name) => [
        name,
        (input: unknown) => handlers[name]?.(input) ?? Promise.reject(new Error(`no ${name}`)),
      ]),
    ),
  });
  const deps: Dependencies = {
    ...world,
    store: measuredStore(store, figures.measure),
    measure: figures.measure,
    workflows,
    cells: httpCells({ signer: cellCalls, issuer, clock }),
    builds,
    probe: outsideProbe(),
    gates: gatesOf({
      alarm: alarms ? prometheusAlarms(alarms) : undefined,
      webhook: webhookGates({
        secret: async () => webhookSecret(join(keys, "gate-webhooks")),
        allowed: origins,
        clock,
      }),
    }),
    networkTokens,
    cellCalls,
    verifier: joseVerifier,
    people: oidcPeople(issuers, { log }),
    secrets: nodeSecrets(macKey(join(keys, "cursors"))),
    issuer,
  };
  for (const [name, make] of Object.entries({ ...tasks, [ENDED]: executionEnded })) {
    const handler = make(deps) as (input: unknown, context: Context) => Promise<unknown>;
    const attributes = (input: unknown) => ({ "cellplane.input": JSON.stringify(input) });
    handlers[name] = (input) => trace({ name, attributes: attributes(input) }, () => handler(input, {} as Context));
  }
  return { deps, store, workflows, figures };
}

/** The key of cursors, made at the first use. */
function macKey(file: string): Uint8Array {
  if (!existsSync(file)) {
    writeFileSync(`${file}.new`, randomBytes(32), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return readFileSync(file);
}

/** What webhooks are signed with, as text that an operator can hand to who answers them. */
const webhookSecret = (file: string): string => Buffer.from(macKey(file)).toString("base64url");
