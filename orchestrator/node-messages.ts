import * as z from "zod";
import { problemOf } from "#core/errors.ts";
import { type Heartbeat, heartbeatDefaults, nodeOfSubject, protocolVersions, type Welcome } from "#core/messages.ts";
import { canonicalJson } from "#core/model/canonical.ts";
import { shouldPoke } from "#core/model/desired.ts";
import { Labels } from "#core/model/network.ts";
import { Facts, type NodeRecord, ReportedState } from "#core/model/node.ts";
import type { BusMessage } from "#core/ports.ts";
import { credentialsOf } from "./admit-node.ts";
import type { Dependencies } from "./deps.ts";
import { checkProof } from "./proof.ts";
import { reconnectWindow } from "./reconnect-window.ts";
import { refuseNode } from "./refuse-node.ts";
import type { RunningWorkspace } from "./workspace/run-workspace.ts";
import type { Workspaces } from "./workspaces.ts";

type Deps = Dependencies & { readonly workspaces: Workspaces; readonly isLeader: () => boolean };

const Generation = z.object({ gen: z.int(), hash: z.string().max(64) });

const HelloBody = z.object({
  boot: z.string().min(1).max(64),
  edge: z.string().max(64),
  proto: z.array(z.int()).max(16),
  labels: z.record(z.string(), z.string()),
  facts: Facts,
  caps: z.unknown(),
  applied: Generation.nullable(),
});

const count = z.number().nonnegative();
const HeartbeatBody = z.object({
  ...{ s: z.string().max(64), q: z.int(), t: z.number(), g: z.int(), h: z.string().max(64) },
  r: z.tuple([z.number(), z.number(), z.number(), z.number()]).optional(),
  f: z.literal(1).optional(),
  p: z
    .array(
      z.object({
        ...{ n: z.string().max(63), r: z.int(), i: count, o: count, e: count },
        s: z.enum(["ok", "degraded", "failed", "stopped", "starting"]),
        ...{ lag: count.optional(), buf: count.optional() },
      }),
    )
    .max(1_000)
    .optional(),
  x: z
    .array(z.object({ l: z.enum(["e", "w"]), c: z.string().max(128), m: z.string().max(4_096), n: count }))
    .max(16)
    .optional(),
});

/** Hears the nodes of a workspace and answers them. Two orchestrators may hear; only the leader speaks. */
export function answerNodes(deps: Deps, workspace: RunningWorkspace): void {
  const { bus } = workspace.store;
  const on = <S extends z.ZodType>(
    what: string,
    schema: S,
    act: (node: NodeRecord, body: z.output<S>, message: BusMessage) => unknown,
  ) =>
    bus.subscribe(`cp1.n.*.${what}`, (message) => {
      const node = workspace.store.nodes.get(nodeOfSubject(message.subject));
      const body = schema.safeParse(jsonOf(message.data));
      // Nobody but the node can publish there, so what is malformed is its own loss.
      if (!node || !body.success) return;
      Promise.resolve(act(node, body.data, message)).catch((error: unknown) =>
        deps.log("warn", "a node's message could not be handled", { node: node.id, what, error: String(error) }),
      );
    });

  on("hello", HelloBody, (node, hello, message) => greet(deps, workspace, node, hello, message));
  on("hb", HeartbeatBody, ({ id }, beat) => {
    if (!workspace.live.heartbeat(id, beat as Heartbeat) || !deps.isLeader()) return;
    const document = workspace.store.desired.get(id);
    if (document && shouldPoke(document, beat, workspace.live.reportedOf(id)?.attempt)) workspace.desired.poke(id);
  });
  on("st", ReportedState, ({ id }, reported) => workspace.live.reported(id, reported));
  on("bye", z.unknown(), ({ id }) => workspace.live.bye(id));
  on("req.renew", z.record(z.string(), z.unknown()), (node, body, message) => {
    if (deps.isLeader()) message.reply(JSON.stringify(renewed(deps, workspace, node, body)));
  });
  on("req.desired", z.unknown(), ({ id }, _, message) => {
    if (deps.isLeader()) message.reply(JSON.stringify(workspace.store.desired.get(id) ?? null));
  });
}

/** New credentials over the connection that the old ones opened; a problem where the proof does not hold. */
function renewed(deps: Deps, workspace: RunningWorkspace, node: NodeRecord, body: Readonly<Record<string, unknown>>) {
  try {
    if (body.node !== undefined && body.node !== node.id) throw refuseNode("bad_signature");
    checkProof(node.pub, body, deps.clock.now());
    return credentialsOf(deps, workspace, node);
  } catch (error) {
    return problemOf(error);
  }
}

async function greet(
  { clock, log, isLeader, settings }: Deps,
  workspace: RunningWorkspace,
  node: NodeRecord,
  hello: z.output<typeof HelloBody>,
  message: BusMessage,
): Promise<void> {
  const { store, live, desired } = workspace;
  const reject = whyRejected(node, hello.proto);
  if (!reject) live.hello(node.id, hello.boot, hello.applied);
  if (!isLeader()) return;
  if (!reject) {
    await store.nodes.change(node.id, (record) => asItSays(record, hello, allowedLabels(workspace, record)));
    await desired.settled();
  } else log("info", "a node was not welcome", { node: node.id, reject });
  const document = store.desired.get(node.id);
  const welcome: Welcome = {
    session: hello.boot,
    hb: { ...heartbeatDefaults, everyMs: settings.heartbeatMs },
    desired: document && !reject ? { gen: document.gen, hash: document.hash } : null,
    reconnect: { baseMs: 1_000, windowMs: reconnectWindow(store.nodes.size()) },
    serverTime: clock.now(),
    ...(live.reportedOf(node.id) === null ? { want: ["full"] as const } : {}),
    ...(reject ? { reject } : {}),
  };
  message.reply(JSON.stringify(welcome));
}

const whyRejected = ({ status }: NodeRecord, proto: readonly number[]): Welcome["reject"] => {
  if (status !== "active") return status;
  return protocolVersions.some((version) => proto.includes(version)) ? undefined : "upgrade_required";
};

/** Labels that the token it came with allows it to bring; of a token that is gone, all. */
function allowedLabels({ store }: RunningWorkspace, { token }: NodeRecord): (key: string) => boolean {
  const allowed = store.tokens.get(token)?.allowLabelKeys ?? null;
  return (key) => allowed === null || allowed.includes(key);
}

/** The record with what the node says of itself; undefined where that is nothing new. */
function asItSays(
  record: NodeRecord,
  { labels, facts, edge, caps }: z.output<typeof HelloBody>,
  isAllowed: (key: string) => boolean,
): NodeRecord | undefined {
  const parsed = Labels.safeParse(Object.fromEntries(Object.entries(labels).filter(([key]) => isAllowed(key))));
  const own = parsed.success ? parsed.data : record.labels.node;
  const next = { ...record, facts, edge, caps, labels: { ...record.labels, node: own } };
  return canonicalJson(next) === canonicalJson(record) ? undefined : next;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text === "" ? {} : undefined;
  }
}
