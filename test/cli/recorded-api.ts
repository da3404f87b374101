import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { runCommandLine } from "../../cli/program.ts";
import type { Terminal } from "../../cli/terminal.ts";

export const NOW = Date.parse("2026-06-01T12:00:00.000Z");
export const NET = "net_01jwmw5k7m9p3q4r5s6t7v8w9x";
export const OP = "op_01jwmw5k7m9p3q4r5s6t7v8w9y";

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** One answer, or one after the other with the last staying. */
export type Recorded = { readonly status: number; readonly body: unknown };
export type Answers = Readonly<Record<string, Recorded | readonly Recorded[]>>;

export interface RecordedApi {
  readonly url: string;
  readonly received: Received[];
  close(): Promise<void>;
}

/** A server that answers `METHOD /path?query` as it was recorded, and 404 for everything else. */
export async function recordedApi(answers: (url: string) => Answers): Promise<RecordedApi> {
  const received: Received[] = [];
  const asked = new Map<string, number>();
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    const { method = "", url: path = "", headers } = request;
    received.push({ method, path, headers, body });
    const key = `${method} ${path}`;
    const recorded = answers(url)[key];
    const series = recorded === undefined ? [notFound(path)] : [recorded].flat();
    const turn = asked.get(key) ?? 0;
    asked.set(key, turn + 1);
    const answer = series[Math.min(turn, series.length - 1)] ?? notFound(path);
    const type = answer.status < 400 ? "application/json" : "application/problem+json";
    response.writeHead(answer.status, { "content-type": type });
    response.end(answer.status === 204 ? "" : JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const problem = (status: number, kind: string, detail: string, more: object = {}): Recorded => ({
  status,
  body: { type: `urn:cellplane:${kind}`, title: kind, status, detail, retryable: false, ...more },
});

const notFound = (path: string) => problem(404, "not-found", `There is nothing at ${path}.`);

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** One command line against `url`, in a terminal that nobody sits at unless said otherwise. Time passes only while it sleeps. */
export async function run(url: string, args: readonly string[], terminal: Partial<Terminal> = {}): Promise<Ran> {
  let [out, err, now] = ["", "", NOW];
  const code = await runCommandLine(
    args,
    {
      environment: { CELLPLANE_URL: url, CELLPLANE_KEY: "cpk_test" },
      directory: "/nowhere",
      home: "/nowhere",
      width: undefined,
      height: undefined,
      canAsk: false,
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      ask: async () => "",
      now: () => now,
      sleep: async (milliseconds) => {
        now += milliseconds;
      },
      onInterrupt: () => () => {},
      ...terminal,
    },
    "0.1.0",
  );
  return { code, out, err };
}

export const aNetwork = (over: object = {}) => ({
  id: NET,
  org: "org_01jwmw5k7m9p3q4r5s6t7v8w9a",
  name: "factory-7",
  region: "local",
  plan: "starter",
  channel: "stable",
  release: null,
  labels: { env: "prod" },
  settings: {},
  window: null,
  generation: 1,
  deleting: false,
  createdAt: "2026-06-01T11:57:00.000Z",
  updatedAt: "2026-06-01T11:57:00.000Z",
  placement: { cell: "cel_01jwmw5k7m9p3q4r5s6t7v8w9b", at: "2026-06-01T11:57:00.100Z", reasons: ["most room"] },
  endpoints: null,
  status: {
    phase: "ready",
    observedGeneration: 1,
    release: "0.1.0",
    reportedAt: "2026-06-01T11:59:58.000Z",
    fresh: true,
    conditions: [],
    nodes: { online: 12, total: 14 },
    reachable: { api: true, nats: true, checkedAt: "2026-06-01T11:59:58.000Z" },
  },
  operation: null,
  ...over,
});

export const anOperation = (over: object = {}) => ({
  id: OP,
  kind: "create",
  network: NET,
  org: "org_01jwmw5k7m9p3q4r5s6t7v8w9a",
  generation: 1,
  state: "pending",
  step: null,
  attempt: 1,
  nextActionAt: "2026-06-01T11:57:00.000Z",
  deadline: "2026-06-01T12:57:00.000Z",
  error: null,
  timeline: [],
  actor: "key/cpk_test",
  createdAt: "2026-06-01T11:57:00.000Z",
  endedAt: null,
  ...over,
});
