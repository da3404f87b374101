/**
 * The NATS contract between an orchestrator and its nodes, inside one workspace account (docs: edge protocol).
 *
 * Types and subject builders only, with no schema library: the edge loads this file. Fields that end in `Ms` are
 * milliseconds; the server's receive time decides, never a node's clock. Unknown fields are ignored.
 */

/** Protocol versions this code speaks, newest last; carried in the header `CP-V` and negotiated in `hello`. */
export const protocolVersions = [1] as const;

/** How often a node reports, and after how many reports one is full. 10 s and 60 s. */
export const heartbeatDefaults = { everyMs: 10_000, fullEvery: 6 } as const;

/** Largest desired document sent inside the poke itself; above it the node fetches by direct get. */
export const INLINE_LIMIT_BYTES = 32 * 1024;

export const subjects = {
  hello: (node: string) => `cp1.n.${node}.hello`,
  heartbeat: (node: string) => `cp1.n.${node}.hb`,
  reported: (node: string) => `cp1.n.${node}.st`,
  event: (node: string, type: string) => `cp1.n.${node}.ev.${type}`,
  request: (node: string, verb: "renew" | "desired") => `cp1.n.${node}.req.${verb}`,
  bye: (node: string) => `cp1.n.${node}.bye`,
  desired: (node: string) => `cp1.d.${node}.desired`,
  command: (node: string, verb: string) => `cp1.d.${node}.cmd.${verb}`,
  broadcast: "cp1.b.all",
  inbox: (node: string) => `_INBOX.${node}`,
  /** Direct get of the node's own desired document: works while the orchestrator is down. */
  directDesired: (node: string) => `$JS.API.DIRECT.GET.KV_DESIRED.$KV.DESIRED.${node}`,
  /** Direct get of a pipeline body by its SHA-256 in hex. */
  directPipeline: (sha256: string) => `$JS.API.DIRECT.GET.KV_PIPE.$KV.PIPE.sha256.${sha256}`,
  audit: (what: string) => `cp1.audit.${what}`,
} as const;

/** Node id inside a subject such as `cp1.n.nod_….hb`. */
export const nodeOfSubject = (subject: string): string => subject.split(".")[2] ?? "";

export type Health = "ok" | "degraded" | "failed" | "stopped" | "starting";

export interface Facts {
  readonly os: string;
  readonly arch: string;
  readonly hostname: string;
  readonly cpus: number;
  readonly memMB: number;
}

/** What this node's runtime and its own policy allow; desired documents that need more are refused when planned. */
export interface Capabilities {
  readonly inputs: readonly string[];
  readonly processors: readonly string[];
  readonly outputs: readonly string[];
  readonly allow?: Readonly<Record<string, readonly string[]>>;
}

/** A desired document in short: its generation on this node and the first 8 characters of its hash or all of it. */
export interface GenerationHash {
  readonly gen: number;
  readonly hash: string;
}

export interface Hello {
  readonly boot: string;
  readonly edge: string;
  readonly proto: readonly number[];
  readonly labels: Readonly<Record<string, string>>;
  readonly facts: Facts;
  readonly caps: Capabilities;
  readonly applied: GenerationHash | null;
  readonly desired: GenerationHash | null;
  readonly clock: number;
  readonly evSeq: number;
}

export interface Welcome {
  readonly session: string;
  readonly hb: { readonly everyMs: number; readonly fullEvery: number };
  readonly desired: GenerationHash | null;
  readonly reconnect: { readonly baseMs: number; readonly windowMs: number };
  readonly serverTime: number;
  readonly want?: readonly ("full" | "desired")[];
  readonly reject?: "revoked" | "pending" | "upgrade_required" | "duplicate" | "quota";
  readonly minEdge?: string;
}

/** One pipeline in a heartbeat: name, revision, state, events in, out and in error since it started, lag in bytes. */
export interface PipelineBeat {
  readonly n: string;
  readonly r: number;
  readonly s: Health;
  readonly i: number;
  readonly o: number;
  readonly e: number;
  readonly lag?: number;
  readonly buf?: number;
}

/** A recent error or warning, coalesced: level, code, message, how often. */
export interface RecentProblem {
  readonly l: "e" | "w";
  readonly c: string;
  readonly m: string;
  readonly n: number;
}

/** About 150 bytes when nothing changed; the optional fields come in a full one. Newest `q` of newest boot wins. */
export interface Heartbeat {
  readonly s: string;
  readonly q: number;
  readonly t: number;
  readonly g: number;
  readonly h: string;
  /** CPU in thousandths of a core, RSS in MB, memory and disk in use in percent. */
  readonly r?: readonly [cpuPermille: number, rssMB: number, memPct: number, diskPct: number];
  readonly f?: 1;
  readonly p?: readonly PipelineBeat[];
  readonly x?: readonly RecentProblem[];
}

export interface DesiredPipeline {
  readonly name: string;
  readonly rev: number;
  readonly sha256: string;
  readonly state: "run" | "pause";
  readonly inline?: unknown;
  readonly rollout?: string;
}

/** What a node should run. Signed by the workspace's config key over the canonical JSON without `sig`. */
export interface DesiredDocument {
  readonly v: 1;
  readonly node: string;
  readonly gen: number;
  /** Hex SHA-256 over the canonical JSON of `pipelines` and `settings`. */
  readonly hash: string;
  readonly issuedAt: string;
  readonly pipelines: readonly DesiredPipeline[];
  readonly settings: { readonly hbMs: number; readonly logLevel: string };
  readonly labels?: Readonly<Record<string, string>>;
  readonly kid: string;
  readonly sig: string;
}

export interface Attempt extends GenerationHash {
  readonly result: "applied" | "rejected" | "failed" | "reverted" | "timeout";
  readonly code: string;
  readonly msg: string;
  readonly at: string;
  readonly pipeline?: string;
}

/** What came of the newest desired document. `applied` and `attempt` apart: what failed is never offered again by itself. */
export interface Reported {
  readonly gen: number;
  readonly applied: (GenerationHash & { readonly at: string }) | null;
  readonly attempt?: Attempt;
  readonly pipelines: readonly {
    readonly name: string;
    readonly rev: number;
    readonly health: Health;
    readonly since: string;
    readonly restarts: number;
    readonly lastError?: string;
  }[];
}

export interface NodeEvent {
  readonly boot: string;
  readonly seq: number;
  readonly at: string;
  readonly type: string;
  readonly message: string;
  readonly pipeline?: string;
}

/** What a broadcast on `cp1.b.all` says. */
export type Broadcast =
  | { readonly kind: "draining"; readonly windowMs: number }
  | { readonly kind: "hb"; readonly everyMs: number }
  | { readonly kind: "hello"; readonly windowMs: number };

/** The self-contained content of a bootstrap token `cpt1_<base64url JSON>`. */
export interface TokenContent {
  /** Where to enrol. */
  readonly u: string;
  /** Workspace. */
  readonly w: string;
  /** Token id. */
  readonly i: string;
  /** The secret. */
  readonly s: string;
  /** Base64url SHA-256 of the SPKI of the CA behind `u`, where that CA is not public. */
  readonly p?: string;
}

/** `POST /v1/enroll`. `sig`: Ed25519 by `pub`'s key over the SHA-256 of the canonical JSON without `sig`. */
export interface EnrollRequest {
  readonly tokenId: string;
  readonly secret: string;
  /** The node key as an NATS user nkey (`U…`). */
  readonly pub: string;
  /** The node's X25519 public key, base64url. */
  readonly xpub: string;
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly facts: Facts;
  readonly edge: { readonly version: string; readonly proto: readonly number[] };
  readonly ts: number;
  readonly sig: string;
}

/** `POST /v1/renew`: the same proof of possession, at any time after enrolment, also when the JWT expired long ago. */
export interface RenewRequest {
  readonly workspace: string;
  readonly node: string;
  readonly ts: number;
  readonly sig: string;
}

export interface EnrollResponse {
  readonly node: string;
  readonly workspace: string;
  readonly status: "active" | "pending";
  readonly jwt?: string;
  readonly jwtExp?: number;
  readonly nats: { readonly urls: readonly string[]; readonly wss?: string; readonly caPem: string };
  readonly renewUrl: string;
  readonly configKeys: readonly { readonly kid: string; readonly pub: string }[];
  readonly hb: { readonly everyMs: number };
  readonly reconnect: { readonly baseMs: number; readonly windowMs: number };
  readonly serverTime: number;
  readonly retryAfterMs?: number;
}

/** The closed set of reasons why a node is not let in, each with a hint in the answer's `detail`. */
export const enrollErrors = [
  "token_unknown",
  "token_expired",
  "token_exhausted",
  "token_revoked",
  "token_paused",
  "ip_not_allowed",
  "label_not_allowed",
  "clock_skew",
  "proto_unsupported",
  "quota_nodes",
  "rate_limited",
  "bad_signature",
  "node_revoked",
  "node_unknown",
] as const;
export type EnrollError = (typeof enrollErrors)[number];
