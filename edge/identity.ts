import type { EnrollResponse } from "#core/messages.ts";
import { readIfThere, writeAtomically } from "./atomic-file.ts";
import type { NodeFiles } from "./data-folder.ts";
import { Failure } from "./failure.ts";

/** What the orchestrator told this node about itself at enrolment or at the newest renewal. */
export interface Identity {
  readonly node: string;
  readonly workspace: string;
  readonly status: "active" | "pending" | "revoked";
  /** Where it enrolled, and the pin of the CA there. */
  readonly api: { readonly url: string; readonly pin?: string };
  readonly name?: string;
  /** Labels given when it enrolled; `config.yaml` and the command line go over them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly natsUrls: readonly string[];
  readonly renewUrl: string;
  readonly configKeys: EnrollResponse["configKeys"];
  readonly heartbeatMs: number;
  readonly reconnect: { readonly baseMs: number; readonly windowMs: number };
  /** The server's clock minus this machine's, so that a wrong clock here neither locks out nor renews too late. */
  readonly clockOffsetMs: number;
}

/** An identity with what it needs to connect. */
export interface Credentials {
  readonly identity: Identity;
  readonly jwt: string;
  readonly caPem: string;
}

export function readIdentity(files: NodeFiles): Identity | undefined {
  const text = readIfThere(files.identity);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Identity;
  } catch (error) {
    throw new Failure(
      "refused",
      `${files.identity} is damaged.`,
      "Remove that file and bootstrap again: the node's key is kept, so it stays the same node.",
      error,
    );
  }
}

/** The credentials on disk, or `undefined` until all three files are there: an enrolment cut off in between is made again. */
export function readCredentials(files: NodeFiles): Credentials | undefined {
  const identity = readIdentity(files);
  const jwt = readIfThere(files.jwt);
  const caPem = readIfThere(files.ca);
  return identity && jwt && caPem ? { identity, jwt, caPem } : undefined;
}

/** Keeps an answer of the orchestrator; the identity goes last, because it is what says that the rest is whole. */
export function keepAnswer(files: NodeFiles, { answer, api, name, labels, now }: Answer): Identity {
  const identity: Identity = {
    node: answer.node,
    workspace: answer.workspace,
    status: answer.status,
    api,
    ...(name === undefined ? {} : { name }),
    labels,
    natsUrls: answer.nats.urls,
    renewUrl: answer.renewUrl,
    configKeys: answer.configKeys,
    heartbeatMs: answer.hb.everyMs,
    reconnect: answer.reconnect,
    clockOffsetMs: answer.serverTime - now,
  };
  if (answer.jwt) {
    writeAtomically(files.ca, answer.nats.caPem);
    writeAtomically(files.jwt, answer.jwt);
  }
  writeAtomically(files.identity, `${JSON.stringify(identity, undefined, 2)}\n`);
  return identity;
}

export interface Answer {
  readonly answer: EnrollResponse;
  readonly api: Identity["api"];
  readonly name: string | undefined;
  readonly labels: Identity["labels"];
  readonly now: number;
}

export function markRevoked(files: NodeFiles, identity: Identity): void {
  writeAtomically(files.identity, `${JSON.stringify({ ...identity, status: "revoked" }, undefined, 2)}\n`);
}

/** An answer of enrolment or renewal, if it has what a node cannot do without. */
export function enrollResponseOf(body: Readonly<Record<string, unknown>>): EnrollResponse | undefined {
  const { node, workspace, status, nats, renewUrl, configKeys, hb, reconnect, serverTime } = body;
  const whole =
    [node, workspace, renewUrl].every((member) => typeof member === "string") &&
    (status === "active" || status === "pending") &&
    [nats, hb, reconnect].every((member) => typeof member === "object" && member !== null) &&
    Array.isArray(configKeys) &&
    typeof serverTime === "number";
  return whole ? (body as unknown as EnrollResponse) : undefined;
}

/** Seconds since 1970 at which a user JWT was issued and ends. It was signed for the broker; here it is only read. */
export function lifeOf(jwt: string): { issuedAt: number; expiresAt: number } | undefined {
  try {
    const claims = JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>;
    const { iat, exp } = claims;
    return typeof iat === "number" && typeof exp === "number" ? { issuedAt: iat, expiresAt: exp } : undefined;
  } catch {
    return undefined;
  }
}
