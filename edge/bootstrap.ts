import { rmSync } from "node:fs";
import { type EnrollRequest, type EnrollResponse, protocolVersions, type TokenContent } from "#core/messages.ts";
import { admitted, askWithProof, NotAdmitted } from "./ask-orchestrator.ts";
import { readBootstrapToken } from "./bootstrap-token.ts";
import type { NodeFiles } from "./data-folder.ts";
import { enrollAdvice } from "./enroll-errors.ts";
import { readFacts } from "./facts.ts";
import { Failure } from "./failure.ts";
import { type Credentials, type Identity, keepAnswer, readCredentials, readIdentity } from "./identity.ts";
import { callJson } from "./json-call.ts";
import { type NodeKey, openNodeKey, prove } from "./node-key.ts";
import type { NodeSettings } from "./node-settings.ts";
import { version } from "./version.ts";

export interface BootstrapOrder {
  readonly files: NodeFiles;
  readonly settings: NodeSettings;
  /** The token's text, and the file that held it, if one did: it is removed once the token was used. */
  readonly token: string | undefined;
  readonly tokenFile: string | undefined;
}

export interface BootstrapWorld {
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  progress(line: string): void;
}

/** How often a crowded orchestrator is asked again before a person is told. */
const CROWDED_TRIES = 20;

/**
 * Makes this machine a node, and may be killed anywhere and run again: the key is on disk before the first word is sent, and
 * the orchestrator answers the same key with the same node without taking a second use of the token.
 */
export async function bootstrap(order: BootstrapOrder, world: BootstrapWorld): Promise<Credentials> {
  const { files } = order;
  const known = readIdentity(files);
  const token = order.token === undefined ? undefined : readBootstrapToken(order.token);
  if (known) refuseAnotherNetwork(known, token);

  const enrolled = known?.status === "active" ? readCredentials(files) : undefined;
  if (enrolled) return erased(order, enrolled);

  const key = openNodeKey(files.key);
  let answer: EnrollResponse;
  if (known?.status === "pending") answer = await askPending(known, key, world);
  else if (token) answer = await patiently(() => enroll(token, key, order.settings, world), world);
  else throw new Failure("usage", "A bootstrap token is needed.", "Give it with --token cpt1_… or --token-file FILE.");

  const api = token ? { url: token.u, ...(token.p ? { pin: token.p } : {}) } : known?.api;
  if (!api) throw new Failure("refused", "It is not known where this node enrols.", "Bootstrap with a token.");
  const keep = (received: EnrollResponse) =>
    keepAnswer(files, {
      answer: received,
      api,
      name: order.settings.name ?? known?.name,
      labels: { ...known?.labels, ...order.settings.labels },
      now: world.now(),
    });
  let identity = keep(answer);
  while (identity.status === "pending") {
    erase(order);
    world.progress(`${identity.node} waits for an operator: cellplane node approve ${identity.node}`);
    await world.sleep(answer.retryAfterMs ?? 5_000);
    answer = await patiently(() => askPending(identity, key, world), world);
    identity = keep(answer);
  }
  const credentials = readCredentials(files);
  if (!credentials) throw new Failure("refused", "The orchestrator admitted this node but sent no credentials.");
  return erased(order, credentials);
}

function refuseAnotherNetwork(known: Identity, token: TokenContent | undefined): void {
  if (known.status === "revoked")
    throw new Failure("refused", `This node (${known.node}) was revoked.`, "Run `cellplane-edge leave --yes` first.");
  if (token && (token.w !== known.workspace || new URL(token.u).origin !== new URL(known.api.url).origin))
    throw new Failure(
      "refused",
      `This data folder is node ${known.node} of workspace ${known.workspace} at ${known.api.url}; the token is of another.`,
      "Run `cellplane-edge leave --yes` first, or give the new node a folder of its own with --data DIR.",
    );
}

function enroll(
  token: TokenContent,
  key: NodeKey,
  settings: NodeSettings,
  world: BootstrapWorld,
): Promise<EnrollResponse> {
  const claimAt = (ts: number): Omit<EnrollRequest, "sig"> => ({
    tokenId: token.i,
    secret: token.s,
    pub: key.nkey.public,
    xpub: key.sealingPublic,
    ...(settings.name === undefined ? {} : { name: settings.name }),
    labels: settings.labels,
    facts: readFacts(),
    edge: { version, proto: protocolVersions },
    ts,
  });
  return askWithProof({ method: "POST", url: `${token.u}/v1/enroll`, pin: token.p }, key, claimAt, world.now());
}

async function askPending(identity: Identity, key: NodeKey, world: BootstrapWorld): Promise<EnrollResponse> {
  const ts = world.now() + identity.clockOffsetMs;
  const { sig } = prove(key, { workspace: identity.workspace, node: identity.node, ts });
  const query = new URLSearchParams({ workspace: identity.workspace, ts: String(ts), sig });
  const url = `${identity.api.url}/v1/enroll/${identity.node}?${query}`;
  return admitted(await callJson({ method: "GET", url, pin: identity.api.pin }), url);
}

/** Waits out a crowd as the server says. */
async function patiently(ask: () => Promise<EnrollResponse>, world: BootstrapWorld): Promise<EnrollResponse> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      const mayWork = error instanceof NotAdmitted && enrollAdvice[error.code].again;
      if (!mayWork || tries >= CROWDED_TRIES) throw error;
      world.progress("Many nodes are enrolling at once; waiting for a turn.");
      await world.sleep(error.retryAfterMs ?? 1_000 * tries);
    }
  }
}

function erased(order: BootstrapOrder, credentials: Credentials): Credentials {
  erase(order);
  return credentials;
}

/** A used token is worth nothing to the node and something to a thief. */
function erase({ tokenFile }: BootstrapOrder): void {
  if (tokenFile !== undefined) rmSync(tokenFile, { force: true });
}
