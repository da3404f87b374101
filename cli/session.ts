import { type ApiClient, apiClient } from "#adapters/http.ts";
import type { CellView } from "#core/model/cell-view.ts";
import type { NetworkView } from "#core/model/network-view.ts";
import { Failure } from "./failure.ts";
import { findContext } from "./find-context.ts";
import { type Format, formatOf } from "./output.ts";
import type { Terminal } from "./terminal.ts";

/** The options that every command shares. */
export interface SharedOptions {
  readonly output: string;
  readonly org?: string;
  readonly network?: string;
  readonly workspace?: string;
}

/** One command's dealings: whom it talks to is found when it is first asked. */
export interface Session {
  readonly terminal: Terminal;
  readonly format: Format;
  readonly org: string;
  /** The control plane. */
  readonly api: ApiClient;
  /** A network by name or id. */
  network(nameOrId: string): Promise<NetworkView>;
  /** A cell by name or id. */
  cell(nameOrId: string): Promise<CellView>;
  /** The orchestrator of the network that is meant, as ourselves, and the path of the workspace. */
  inNetwork(): Promise<{ readonly api: ApiClient; readonly network: NetworkView; readonly workspace: string }>;
  close(): void;
}

/** A network token is fetched anew when it has less than this left. */
const RENEW_BEFORE_MS = 60_000;

export function openSession(terminal: Terminal, options: SharedOptions): Session {
  const format = formatOf(options.output);
  const context = findContext(terminal);
  const api = apiClient({ url: context.url, bearer: context.key });
  const org = encodeURIComponent(options.org ?? "default");
  const opened = [api];

  const network = async (nameOrId: string): Promise<NetworkView> => {
    if (/^net_[0-9a-z]{26}$/.test(nameOrId))
      return (await api.call<NetworkView>({ path: `/v1/networks/${nameOrId}` })).body;
    const found = (await everything<NetworkView>(api, `/v1/orgs/${org}/networks`)).find(
      ({ name }) => name === nameOrId,
    );
    if (found) return found;
    throw new Failure("refused", `There is no network ${nameOrId}.`, "`cellplane networks list` shows what is there.");
  };

  const cell = async (nameOrId: string): Promise<CellView> => {
    const found = (await everything<CellView>(api, "/v1/cells")).find(
      ({ id, name }) => id === nameOrId || name === nameOrId,
    );
    if (found) return found;
    throw new Failure("refused", `There is no cell ${nameOrId}.`, "`cellplane cells list` shows what is there.");
  };

  const meant = async (): Promise<NetworkView> => {
    const named = options.network ?? context.network;
    if (named !== undefined) return network(named);
    const all = await everything<NetworkView>(api, `/v1/orgs/${org}/networks`);
    const [only] = all;
    if (only && all.length === 1) return only;
    throw new Failure(
      "usage",
      only ? "There are several networks, and it is not said which one is meant." : "There is no network yet.",
      only
        ? `Say --network NAME: ${all.map(({ name }) => name).join(", ")}`
        : "`cellplane networks create NAME --wait` makes one.",
    );
  };

  return {
    terminal,
    format,
    org,
    api,
    network,
    cell,
    async inNetwork() {
      const found = await meant();
      if (!found.endpoints)
        throw new Failure(
          "refused",
          `The network ${found.name} is ${found.status.phase} and has no address yet.`,
          `Wait until \`cellplane networks get ${found.name}\` says ready.`,
        );
      const direct = apiClient({ url: found.endpoints.api, bearer: networkToken(api, found.id, terminal.now) });
      opened.push(direct);
      const workspace = encodeURIComponent(options.workspace ?? context.workspace ?? "default");
      return { api: direct, network: found, workspace: `/v1/workspaces/${workspace}` };
    },
    close() {
      for (const client of opened) client.close();
    },
  };
}

/** Fetches a network token when it is first needed, and in time before it expires. It is kept nowhere but here. */
function networkToken(api: ApiClient, network: string, now: () => number): () => Promise<string> {
  let held: { token: string; expiresAt: string } | undefined;
  return async () => {
    if (!held || Date.parse(held.expiresAt) - now() < RENEW_BEFORE_MS)
      held = (
        await api.call<{ token: string; expiresAt: string }>({
          method: "POST",
          path: `/v1/networks/${network}/token`,
          body: {},
        })
      ).body;
    return held.token;
  };
}

/** What was given of these, as the query of a path. */
export function queryOf(entries: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(entries)) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? "" : `?${query}`;
}

/** All pages of a list, or its first `most` items. */
export async function everything<T>(api: ApiClient, path: string, most = Number.POSITIVE_INFINITY): Promise<T[]> {
  const items: T[] = [];
  const limit = Math.min(200, most);
  const separator = path.includes("?") ? "&" : "?";
  for (let cursor: string | undefined; ; ) {
    const more = cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const { body } = await api.call<{ items: T[]; next?: string }>({
      path: `${path}${separator}limit=${limit}${more}`,
    });
    items.push(...body.items);
    if (body.next === undefined || items.length >= most) return items.slice(0, most);
    cursor = body.next;
  }
}
