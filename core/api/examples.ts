/** One of each noun, as the reference shows it. A test holds them against the schemas. */

const org = "org_01kc0v7h3m8q9r2s4t6v8w0x1y";
const cellId = "cel_01kc0v8b2n4p6q8r0s2t4v6w8x";
const net = "net_01kc0va5c7d9e1f3g5h7j9k1m3";
const op = "op_01kc0vb8n0p2q4r6s8t0v2w4x6";
const at = "2026-01-02T10:00:00.000Z";

export const network = {
  ...{ name: "factory-7", region: "local", plan: "starter", channel: "stable", release: null },
  ...{ labels: { env: "prod" }, settings: { heartbeat: "30s" }, window: null },
  ...{ id: net, org, generation: 1, deleting: false, resolvedRelease: "0.1.0" },
  placement: { cell: cellId, at, reasons: ["most room of 2 cells that fit"] },
  endpoints: { api: "https://net-01kc0va5.cell-1.example.com", nats: "tls://net-01kc0va5.cell-1.example.com:443" },
  status: {
    ...{ phase: "ready", observedGeneration: 1, release: "0.1.0", reportedAt: at, fresh: true },
    conditions: [{ type: "Settled", status: "True", reason: "Settled", message: "everything runs", since: at }],
    nodes: { online: 12, total: 14, edges: { "0.1.0": 12 } },
    reachable: { api: true, nats: true, checkedAt: at },
  },
  ...{ operation: null, createdAt: at, updatedAt: at },
};

export const operation = {
  ...{ id: op, kind: "create", network: net, org, generation: 1, state: "running", step: "ObserveNetwork" },
  ...{ attempt: 1, nextActionAt: "2026-01-02T10:00:40.000Z", deadline: "2026-01-02T11:00:00.000Z", error: null },
  timeline: [{ at, step: "Accepted", outcome: "done", detail: "create accepted as generation 1" }],
  ...{ actor: "key:cpk_0123456789ab", createdAt: at, endedAt: null },
};

export const release = {
  ...{ version: "0.1.0", images: {}, notes: "Comes with cellplane.", minEdge: null, minAgent: null },
  settingsSchema: {
    type: "object",
    properties: { logLevel: { type: "string", enum: ["debug", "info", "warn", "error"] } },
    additionalProperties: false,
  },
  ...{ upgradesFrom: [], downgradesTo: [], publishedAt: at, withdrawn: null },
  channels: ["stable", "rapid"],
};

export const event = {
  ...{ id: "evt_01kc0vc9n1p3q5r7s9t1v3w5x7", network: net, org, at },
  ...{ type: "create.succeeded", message: "factory-7: ready: nodes can connect." },
};

const asked = { what: "create of generation 1", why: "asked for by key:cpk_0123456789ab", since: at };
export const explanation = {
  summary: "The create is running: the cell is bringing it there.",
  since: at,
  chain: [{ what: "ObserveNetwork", why: "the cell is bringing it there", since: at }, asked],
};

export const organization = { id: org, slug: "acme", name: "Acme", createdAt: at, createdBy: "usr_…" };

export const member = {
  ...{ id: "mem_01kc0vd2n4p6q8r0s2t4v6w8x0", email: "ada@example.com", role: "operator" },
  ...{ state: "invited", createdAt: at },
};

export const key = {
  ...{ id: "cpk_0123456789ab", name: "ci", role: "operator", networks: null, cidrs: ["203.0.113.0/24"] },
  ...{ expiresAt: "2027-01-02T10:00:00.000Z", platform: false, createdAt: at, createdBy: "key:cpk_ba9876543210" },
  ...{ replacedBy: null, lastUsedAt: null },
};

export const me = {
  ...{ actor: "key:cpk_0123456789ab", kind: "key", id: "cpk_0123456789ab", email: null, name: "ci", platform: false },
  organizations: [{ id: org, slug: "acme", name: "Acme", role: "operator" }],
  key,
};

export const auditEvent = {
  ...{ id: "aud_01kc0ve3n5p7q9r1s3t5v7w9x1", org, at, actor: "key:cpk_0123456789ab", from: "203.0.113.7" },
  ...{ action: "member.update", subject: member.id, before: { role: "viewer" }, after: { role: "operator" } },
};

export const cell = {
  ...{ id: cellId, name: "cell-1", region: "local", labels: {}, limits: { networks: 100 }, schedulable: true },
  ...{ cordon: null, url: "https://agent.cell-1.example.com", domain: "cell-1.example.com", reserved: { networks: 7 } },
  report: { at, fresh: true, agent: "0.1.0", capacity: { networks: 93 }, networks: 7 },
  createdAt: at,
};

export const finding = {
  ...{ network: net, what: "missing", action: "restored", org, name: "factory-7", since: at },
  why: "it is settled here, and the cell does not have it",
};

const jwk = { kty: "EC", crv: "P-256", x: "…", y: "…", kid: "k1", alg: "ES256", use: "sig" };
export const joined = {
  ...{ cell: cellId, signingKeys: [jwk], epoch: 1 },
  issuers: [{ issuer: "https://api.example.com", jwks: { keys: [jwk] } }],
};

export const access = {
  entries: [{ subject: "user:usr_01kc0vf4n6p8q0r2s4t6v8w0x2", role: "operator", workspaces: ["default"] }],
};

export const usage = {
  ...{ day: "2026-01-02", network: net, name: "factory-7", hours: { starter: 14 } },
  ...{ peakNodes: 14, averageNodes: 11.5, apiCalls: 42 },
};

const rol = "rol_01kc0vb8n0p2q4r6s8t0v2w4x6";

export const rollout = {
  ...{ id: rol, spec: { change: { release: "1.5.0" } }, state: "running", actor: "key:cpk_0123456789ab" },
  ...{ reason: "labels are kept", retryOf: null, attempt: 1, nextActionAt: "2026-01-02T10:00:40.000Z" },
  ...{ createdAt: at, activatedAt: at, endedAt: null, pace: { total: 10 }, wave: 0 },
  waves: [{ startedAt: at, settledAt: null, bakeUntil: null }],
  ...{ gates: [], paused: null, stopping: null, rollback: null, forgiven: 0 },
};

export const rolloutSummary = {
  ...{ state: "running", targets: 300, states: { pending: 297, updating: 3 }, tookMs: null, updateMs: null },
  failures: [],
};

export const rolloutProgress = {
  waves: [{ targets: 3, states: { updating: 3 } }],
  budget: { failed: 0, allowed: 3, perWave: null },
  slots: { taken: 3, limit: 10 },
  eta: null,
};

export const rolloutReport = {
  waves: [{ targets: 3, states: { done: 2, failed: 1 }, startedAt: at, settledAt: at, tookMs: 40_000 }],
  failures: [
    {
      ...{ code: "nodes-missing", count: 1, networks: [net] },
      examples: [{ network: net, code: "nodes-missing", message: "1 of 3 nodes are back", at, excerpt: [] }],
    },
  ],
  undoFailures: [],
  untouched: [{ state: "skipped", code: "pinned", count: 1, networks: [net], example: "its owner pinned it at 1.4.2" }],
};

export const rolloutTarget = {
  ...{ id: `${rol}/${net}`, rollout: rol, network: net, org, wave: 0, order: "0a1b2c3d", state: "pending" },
  ...{ why: null, since: at, before: null, attempt: null, undo: null, blocked: null },
};

export const freeze = {
  ...{ scope: { fleet: true }, reason: "holidays", until: "2026-01-07T00:00:00.000Z" },
  ...{ id: "frz_01kc0vb8n0p2q4r6s8t0v2w4x6", actor: "key:cpk_0123456789ab", createdAt: at },
};
