import * as z from "zod";
import { natsBus } from "#adapters/nats/bus.ts";
import { type Credentials, connectToBroker } from "#adapters/nats/connect.ts";
import { userJwt } from "#adapters/nats/jwt.ts";
import { createNkey, nkeyOfSeed } from "#adapters/nats/nkey.ts";
import type { DesiredDocument } from "#core/messages.ts";
import { Deployment, PipelineRevision } from "#core/model/deployment.ts";
import { NodeRecord } from "#core/model/node.ts";
import { BootstrapToken } from "#core/model/token.ts";
import type { Workspace, WorkspaceKeys } from "#core/model/workspace.ts";
import type { Bus, Clock, KvBucket, Log } from "#core/ports.ts";
import { openTable, type Table } from "../table.ts";

/** Longest pipeline document, as its revision is stored. */
export const PIPELINE_LIMIT_BYTES = 256 * 1024;
/** Our own user's JWT; a new one is made at each connect. */
const OWN_JWT_SECONDS = 86_400;
const DAY_MS = 86_400_000;

/** A workspace's account, connected: its tables in memory, its bus. */
export interface WorkspaceStore {
  readonly name: string;
  readonly account: string;
  /** Those in use now. */
  readonly keys: WorkspaceKeys;
  /** Signs with these from now on; the broker must know them by then. */
  use(keys: WorkspaceKeys): void;
  readonly bus: Bus;
  readonly tokens: Table<BootstrapToken>;
  readonly nodes: Table<NodeRecord>;
  readonly desired: Table<DesiredDocument>;
  readonly deployments: Table<Deployment>;
  /** By `<name>.<rev>`. */
  readonly revisions: Table<PipelineRevision>;
  /** Documents of pipelines by `sha256.<hash>`: canonical JSON, read by nodes too. */
  readonly bodies: KvBucket;
  close(): Promise<void>;
}

/** Written by us alone and signed; what is read back needs no closer look. */
const Desired = z.custom<DesiredDocument>((value) => typeof value === "object" && value !== null);

const buckets = {
  tokens: ["TOKEN", {}],
  nodes: ["NODES", {}],
  desired: ["DESIRED", { history: 5 }],
  deployments: ["DEPLOYMENT", { history: 10 }],
  revisions: ["PIPELINE", {}],
  bodies: ["PIPE", { maxValueBytes: PIPELINE_LIMIT_BYTES + 4_096 }],
} as const;

/** Connects as the orchestrator's own user of that account, and makes sure that its buckets and streams are there. */
export async function openWorkspace(
  { name, account }: Pick<Workspace, "name" | "account">,
  keys: WorkspaceKeys,
  { broker, clock, log }: { broker: { url: string; caPem: string }; clock: Clock; log: Log },
): Promise<WorkspaceStore> {
  const own = createNkey("user");
  let inUse = keys;
  const credentials = (): Credentials => {
    const issuedAt = Math.floor(clock.now() / 1_000);
    const jwt = userJwt(nkeyOfSeed(inUse.users), {
      ...{ name: "orchestrator", user: own.public, account, issuedAt, expiresAt: issuedAt + OWN_JWT_SECONDS },
    });
    return { jwt, seed: own.seed };
  };
  const bus = natsBus(await connectToBroker(broker, { name: `orchestrator ${name}`, credentials }));
  try {
    const table = async <T>(of: keyof typeof buckets, schema: z.ZodType<T>) => {
      const [bucket, settings] = buckets[of];
      return openTable(await bus.bucket(bucket, settings), schema, { name: bucket, log });
    };
    const [tokens, nodes, desired, deployments, revisions, bodies] = await Promise.all([
      table("tokens", BootstrapToken),
      table("nodes", NodeRecord),
      table("desired", Desired),
      table("deployments", Deployment),
      table("revisions", PipelineRevision),
      bus.bucket(...buckets.bodies),
      bus.stream("EVENTS", {
        ...{ subjects: ["cp1.n.*.ev.>"], maxAgeMs: 3 * DAY_MS, maxBytes: 64 * 1024 ** 2 },
        ...{ noAck: true, duplicateWindowMs: 600_000 },
      }),
      bus.stream("AUDIT", { subjects: ["cp1.audit.>"], maxAgeMs: 400 * DAY_MS, appendOnly: true }),
    ]);
    const tables = { tokens, nodes, desired, deployments, revisions };
    return {
      ...{ name, account, bus, bodies, ...tables },
      get keys() {
        return inUse;
      },
      use(next) {
        inUse = next;
      },
      async close() {
        for (const each of Object.values(tables)) each.close();
        await bus.close();
      },
    };
  } catch (error) {
    await bus.close();
    throw error;
  }
}

/** Takes all that a workspace holds out of the broker's store. */
export async function emptyWorkspace(bus: Bus): Promise<void> {
  await Promise.all(Object.values(buckets).map(([bucket]) => bus.removeBucket(bucket)));
  await Promise.all(["EVENTS", "AUDIT"].map((stream) => bus.removeStream(stream)));
}
