import * as z from "zod";
import { accountJwt, deleteAccountsJwt, noLimits } from "#adapters/nats/jwt.ts";
import { type Nkey, nkeyOfSeed } from "#adapters/nats/nkey.ts";
import { Refusal } from "#core/errors.ts";
import type { OfflineReason } from "#core/model/liveness.ts";
import { LONGEST_CREDENTIAL_MS } from "#core/model/settings-in-force.ts";
import type { Workspace, WorkspaceKeys } from "#core/model/workspace.ts";
import type { Bus, Clock, Log } from "#core/ports.ts";

/** Revocations older than the longest life of a user JWT revoke nothing any more. */
const KEEP_REVOCATIONS_SECONDS = LONGEST_CREDENTIAL_MS / 1_000 + 3_600;
const ANSWER_MS = 5_000;

/** A node's connection came or went, as the broker saw it. */
export interface ConnectionEvent {
  readonly account: string;
  /** The node's public key. */
  readonly user: string;
  readonly connection: number;
  readonly gone?: OfflineReason;
}

/** What the system account is used for: to tell the broker of accounts, and to hear of connections. */
export interface Broker {
  /** Makes the account known, or brings it up to date; who is revoked by it is disconnected. */
  pushAccount(workspace: Workspace, keys: WorkspaceKeys): Promise<void>;
  deleteAccount(account: string): Promise<void>;
  onConnection(listener: (event: ConnectionEvent) => void): void;
  /** Has it read its files again: a new certificate is shown from then on, and nobody is disconnected. */
  reload(): Promise<void>;
}

const Answer = z.object({ error: z.object({ description: z.string() }).optional() });
const Pong = z.object({ server: z.object({ id: z.string() }) });
const Event = z.object({
  client: z.object({ id: z.int(), acc: z.string(), user: z.string() }),
  reason: z.string().optional(),
});

/** What a node may do: speak as itself, hear what is for it and for all, read its own document and pipelines by their hash. */
const nodeTemplate = {
  pub: {
    allow: [
      "cp1.n.{{name()}}.>",
      "$JS.API.DIRECT.GET.KV_DESIRED.$KV.DESIRED.{{name()}}",
      "$JS.API.DIRECT.GET.KV_PIPE.$KV.PIPE.>",
    ],
  },
  sub: { allow: ["cp1.d.{{name()}}.>", "cp1.b.>", "_INBOX.{{name()}}.>"] },
  resp: { max: 1, ttl: 5_000_000_000 },
  subs: 10,
  data: -1,
  payload: 262_144,
  allowed_connection_types: ["STANDARD", "WEBSOCKET"],
};

export function brokerOver(
  system: Bus,
  { operator, nodeLimit, clock, log }: { operator: Nkey; nodeLimit: number; clock: Clock; log: Log },
): Broker {
  const seconds = () => Math.floor(clock.now() / 1_000);
  const tell = async (verb: "UPDATE" | "DELETE", jwt: string): Promise<void> => {
    const answer = Answer.parse(JSON.parse(await system.request(`$SYS.REQ.CLAIMS.${verb}`, jwt, ANSWER_MS)));
    if (!answer.error) return;
    log("error", "the broker refused an account", { verb, why: answer.error.description });
    throw new Refusal("unavailable", "The network's broker did not take the change. Try again in a moment.");
  };
  const listeners = new Set<(event: ConnectionEvent) => void>();
  const hear = (text: string, isGone: boolean) => {
    const event = Event.safeParse(JSON.parse(text));
    if (!event.success) return;
    const { client, reason = "" } = event.data;
    const heard = { account: client.acc, user: client.user, connection: client.id };
    for (const listener of listeners) listener(isGone ? { ...heard, gone: reasonOf(reason) } : heard);
  };
  system.subscribe("$SYS.ACCOUNT.*.CONNECT", ({ data }) => hear(data, false));
  system.subscribe("$SYS.ACCOUNT.*.DISCONNECT", ({ data }) => hear(data, true));

  return {
    async pushAccount(workspace, keys) {
      const now = seconds();
      const live = Object.entries(workspace.revocations).filter(([, at]) => at > now - KEEP_REVOCATIONS_SECONDS);
      const jwt = accountJwt(operator, {
        name: workspace.name,
        account: workspace.account,
        // Room for every node of the network and for what reconnects before the broker sees that it left.
        limits: { ...noLimits, conn: nodeLimit * 2 + 100, payload: 1_048_576, streams: 20, consumers: 50 },
        signingKeys: [
          nkeyOfSeed(keys.users).public,
          ...keys.previous.map(({ users }) => users),
          ...[nkeyOfSeed(keys.nodes).public, ...keys.previous.map(({ nodes }) => nodes)].map((key) => ({
            ...{ key, role: "edge-node", template: nodeTemplate },
          })),
        ],
        revocations: Object.fromEntries(live),
        issuedAt: now,
      });
      await tell("UPDATE", jwt);
    },
    deleteAccount: (account) => tell("DELETE", deleteAccountsJwt(operator, [account], seconds())),
    onConnection: (listener) => void listeners.add(listener),
    async reload() {
      const { server } = Pong.parse(JSON.parse(await system.request("$SYS.REQ.SERVER.PING", "", ANSWER_MS)));
      const answer = await system.request(`$SYS.REQ.SERVER.${server.id}.RELOAD`, "", ANSWER_MS);
      const { error } = Answer.parse(JSON.parse(answer));
      if (error) throw new Error(`the broker did not reload: ${error.description}`);
    },
  };
}

const reasons: readonly [RegExp, OfflineReason][] = [
  [/expired/i, "auth_expired"],
  [/revoked/i, "revoked"],
  [/kick/i, "kicked"],
  [/stale/i, "stale"],
];
const reasonOf = (text: string): OfflineReason => reasons.find(([pattern]) => pattern.test(text))?.[1] ?? "tcp_close";
