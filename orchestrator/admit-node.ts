import { timingSafeEqual } from "node:crypto";
import type * as z from "zod";
import { userJwt } from "#adapters/nats/jwt.ts";
import { isPublicNkey, nkeyOfSeed } from "#adapters/nats/nkey.ts";
import { EnrollBody } from "#core/api/orchestrator.ts";
import { Refusal } from "#core/errors.ts";
import { type EnrollResponse, protocolVersions } from "#core/messages.ts";
import { Labels } from "#core/model/network.ts";
import type { NodeId, NodeRecord } from "#core/model/node.ts";
import { parse } from "#core/model/parse.ts";
import { timestampOf } from "#core/model/time.ts";
import { admit, type BootstrapToken } from "#core/model/token.ts";
import type { Dependencies } from "./deps.ts";
import { checkProof } from "./proof.ts";
import { reconnectWindow } from "./reconnect-window.ts";
import { refuseNode } from "./refuse-node.ts";
import type { RunningWorkspace } from "./workspace/run-workspace.ts";
import type { Workspaces } from "./workspaces.ts";

/** How often a node that waits for approval asks again. */
const ASK_AGAIN_MS = 5_000;

type Deps = Dependencies & { readonly workspaces: Workspaces };

/** Lets a machine in by a bootstrap token: the same key again is the same node, and takes no second use. */
export async function enrollNode(deps: Deps, body: unknown, ip: string): Promise<EnrollResponse> {
  const { clock, ids, secrets, workspaces } = deps;
  const request = parse(EnrollBody, body);
  if (!isPublicNkey("user", request.pub)) throw refuseNode("bad_signature");
  const labels = parse(Labels, request.labels ?? {});
  const supported = protocolVersions.some((version) => request.edge.proto.includes(version));
  if (!supported) throw refuseNode("proto_unsupported", { min: protocolVersions[0], max: protocolVersions.at(-1) });

  const found = await findToken(workspaces, request.tokenId);
  if (!found || !isSame(secrets.sha256(request.secret), found.token.secretSha256)) throw refuseNode("token_unknown");
  checkProof(request.pub, body as Record<string, unknown>, clock.now());

  const { workspace, token } = found;
  const known = workspace.live.ofKey(request.pub);
  if (known) return credentialsOf(deps, workspace, known);
  const arrived = workspaces.expectNode(request.pub);
  if (!arrived) throw refuseNode("quota_nodes");
  const admitted = await letIn(deps, found, { request, ip, labels }).finally(arrived);
  const { record } = admitted;
  if (admitted.first)
    await workspace.audit({ actor: token.id, from: ip, action: "node.enroll", subject: record.id, after: record }, ids);
  return credentialsOf(deps, workspace, (await workspace.store.nodes.fresh(record.id)) ?? record);
}

/** Takes a use of the token and writes the node down. Not `first`: the same request at the same time wrote it, and it is the same node. */
async function letIn(
  deps: Deps,
  { workspace, token }: { workspace: RunningWorkspace; token: BootstrapToken },
  { request, ip, labels }: { request: z.output<typeof EnrollBody>; ip: string; labels: z.output<typeof Labels> },
): Promise<{ record: NodeRecord; first: boolean }> {
  const node = await takeUse(deps, workspace, token.id, { pub: request.pub, ip, labels });
  const record: NodeRecord = {
    id: node as NodeId,
    pub: request.pub,
    xpub: request.xpub,
    name: request.name ?? request.facts.hostname,
    status: token.requireApproval ? "pending" : "active",
    token: token.id,
    ephemeral: token.ephemeral,
    labels: { forced: token.labels, set: {}, node: labels },
    facts: request.facts,
    edge: request.edge.version,
    enrolledAt: timestampOf(deps.clock.now()),
    ...{ revokedAt: null, lastSeen: null, online: false, reported: null },
  };
  try {
    await workspace.store.nodes.create(node, record);
    return { record, first: true };
  } catch (error) {
    if (error instanceof Refusal && error.kind === "conflict") return { record, first: false };
    throw error;
  }
}

/** New credentials for a node that proves its key, after any time offline. `node` is what it claims to be. */
export async function renewNode(deps: Deps, body: Readonly<Record<string, unknown>>): Promise<EnrollResponse> {
  const found = await deps.workspaces.findNode(String(body.node));
  if (!found) throw refuseNode("node_unknown");
  checkProof(found.record.pub, body, deps.clock.now());
  return credentialsOf(deps, found.workspace, found.record);
}

/** Answers what a node needs to connect; a pending one gets all but its JWT. */
export function credentialsOf(deps: Deps, workspace: RunningWorkspace, record: NodeRecord): EnrollResponse {
  if (record.status === "revoked") throw refuseNode("node_revoked");
  const { clock, settings } = deps;
  const now = clock.now();
  // A JWT must be younger than a revocation of the same key, also within the same second.
  const issuedAt = Math.max(Math.floor(now / 1_000), (workspace.record().revocations[record.pub] ?? 0) + 1);
  const jwtExp = issuedAt + settings.credentialSeconds;
  const active = record.status === "active";
  const signer = nkeyOfSeed(workspace.store.keys.nodes);
  const user = { name: record.id, user: record.pub, account: workspace.store.account };
  return {
    node: record.id,
    workspace: workspace.name,
    status: active ? "active" : "pending",
    ...(active ? { jwt: userJwt(signer, { ...user, scoped: true, issuedAt, expiresAt: jwtExp }), jwtExp } : {}),
    nats: { urls: [settings.natsUrlPublic], caPem: settings.natsCa },
    renewUrl: `${settings.apiUrl}/v1/renew`,
    configKeys: workspace.desired.configKeys(),
    hb: { everyMs: settings.heartbeatMs },
    reconnect: { baseMs: 1_000, windowMs: reconnectWindow(workspace.store.nodes.size()) },
    serverTime: now,
    ...(active ? {} : { retryAfterMs: ASK_AGAIN_MS }),
  };
}

/** Takes one use of the token for that key, or refuses. Answers the id that the node has. */
async function takeUse(
  { clock, ids }: Deps,
  { store }: RunningWorkspace,
  token: string,
  applicant: { pub: string; ip: string; labels: Readonly<Record<string, string>> },
): Promise<string> {
  let node = "";
  const kept = await store.tokens.change(token, (current) => {
    const admission = admit(current, applicant, {
      now: clock.now(),
      nextNode: () => ids.next("nod"),
      isWritten: (id) => store.nodes.get(id) !== undefined,
    });
    if ("refused" in admission) throw refuseNode(admission.refused);
    node = admission.node;
    return admission.token;
  });
  if (!kept) throw refuseNode("token_unknown");
  return node;
}

async function findToken(
  workspaces: Workspaces,
  id: string,
): Promise<{ workspace: RunningWorkspace; token: BootstrapToken } | undefined> {
  if (!/^tok_[0-9a-z]{26}$/.test(id)) return undefined;
  for (const workspace of workspaces.running()) {
    const token = workspace.store.tokens.get(id) ?? (await workspace.store.tokens.fresh(id));
    if (token) return { workspace, token };
  }
  return undefined;
}

const isSame = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
