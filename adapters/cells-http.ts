import { createHash, randomUUID } from "node:crypto";
import { Agent } from "node:https";
import * as z from "zod";
import { CELL_CALL_TYP, InstancePage } from "#core/api/cell-agent.ts";
import { Refusal } from "#core/errors.ts";
import type { CellId } from "#core/model/ids.ts";
import { CellDigest, type InstanceSummary } from "#core/model/instance.ts";
import { Observed } from "#core/model/network.ts";
import type { CellAddress, Cells, Clock, Signer } from "#core/ports.ts";
import { type HttpAnswer, sendRequest } from "./request.ts";

/** A call's token lives this long: enough for a slow connection, worth little when stolen. */
const TOKEN_SECONDS = 60;
/** What a call may take beyond what it asked the cell to wait. */
const ANSWER_MS = 10_000;
/** How much of a foreign answer goes into a message. */
const QUOTED = 300;

interface Call {
  readonly method: "GET" | "PUT" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly waitMs?: number;
}

/** How many networks one page of a cell's list has: what the agent gives at most. */
const LIST_PAGE = 1_000;

/** Talks to agents over https, to each with its own CA only; each call is signed for this cell, method, path, query and body. */
export function httpCells(options: {
  signer: Signer;
  issuer: string;
  clock: Pick<Clock, "now">;
  answerMs?: number;
}): Cells {
  const { signer, issuer, clock, answerMs = ANSWER_MS } = options;
  const connections = new Map<CellId, { caPem: string; agent: Agent }>();

  function connectionsTo({ id, caPem }: CellAddress): Agent {
    const known = connections.get(id);
    if (known?.caPem === caPem) return known.agent;
    known?.agent.destroy();
    const agent = new Agent({ keepAlive: true, ca: caPem, maxSockets: 64, minVersion: "TLSv1.3", timeout: 60_000 });
    connections.set(id, { caPem, agent });
    return agent;
  }

  async function call(cell: CellAddress, { method, path, query = {}, body, waitMs = 0 }: Call): Promise<HttpAnswer> {
    const url = new URL(path, cell.publicUrl);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const text = body === undefined ? undefined : JSON.stringify(body);
    const now = Math.floor(clock.now() / 1_000);
    const token = await signer.sign(CELL_CALL_TYP, {
      iss: issuer,
      aud: cell.id,
      iat: now,
      exp: now + TOKEN_SECONDS,
      jti: randomUUID(),
      htm: method,
      htu: `${url.pathname}${url.search}`,
      bh: createHash("sha256")
        .update(text ?? "")
        .digest("base64url"),
    });
    try {
      return await sendRequest({
        method,
        url,
        agent: connectionsTo(cell),
        timeoutMs: waitMs + answerMs,
        headers: {
          authorization: `Bearer ${token}`,
          accept: "application/json",
          ...(text === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(text === undefined ? {} : { body: text }),
      });
    } catch (cause) {
      throw new Refusal("cell-unreachable", `The cell ${cell.id} does not answer.`, { cause });
    }
  }

  return {
    async apply(cell, network, order) {
      const path = `/v1/networks/${network}`;
      return read(Observed, cell, await call(cell, { method: "PUT", path, body: order }));
    },
    async observe(cell, network, { generation, waitMs }) {
      const query = { generation, wait: Math.floor(waitMs / 1_000) };
      const answer = await call(cell, { method: "GET", path: `/v1/networks/${network}`, query, waitMs });
      return answer.status === 404 ? undefined : read(Observed, cell, answer);
    },
    async remove(cell, network, { epoch, generation }) {
      const query = { epoch, generation };
      const answer = await call(cell, { method: "DELETE", path: `/v1/networks/${network}`, query });
      if (answer.status >= 300) throw refusalOf(cell, answer);
    },
    async list(cell) {
      const items: InstanceSummary[] = [];
      let cursor: string | undefined;
      do {
        const page = read(
          InstancePage,
          cell,
          await call(cell, { method: "GET", path: "/v1/networks", query: { cursor, limit: LIST_PAGE } }),
        );
        items.push(...page.items);
        cursor = page.next;
      } while (cursor !== undefined);
      return items;
    },
    async raiseEpoch(cell, epoch) {
      const answer = await call(cell, { method: "PUT", path: "/v1/epoch", body: { epoch } });
      if (answer.status >= 300) throw refusalOf(cell, answer);
    },
    async pinKeys(cell, keys) {
      const answer = await call(cell, { method: "PUT", path: "/v1/keys", body: keys });
      if (answer.status >= 300) throw refusalOf(cell, answer);
    },
    async report(cell, { since, waitMs }) {
      const query = { since: since ?? undefined, wait: Math.floor(waitMs / 1_000) };
      return read(CellDigest, cell, await call(cell, { method: "GET", path: "/v1/report", query, waitMs }));
    },
  };
}

/** The parsed body of a good answer; the refusal of any other. */
function read<T>(schema: z.ZodType<T>, cell: CellAddress, answer: HttpAnswer): T {
  if (answer.status < 200 || answer.status >= 300) throw refusalOf(cell, answer);
  const parsed = schema.safeParse(jsonOf(answer.body));
  if (parsed.success) return parsed.data;
  throw new Refusal("cell-unreachable", `The cell ${cell.id} answers what we do not understand.`, {
    cause: parsed.error,
  });
}

/** The members of a problem document that decide. */
const CellProblem = z.looseObject({
  type: z.string().default(""),
  detail: z.string().default(""),
  retryable: z.boolean().default(false),
  highestSeen: z.unknown().optional(),
});

function refusalOf(cell: CellAddress, { status, body }: HttpAnswer): Refusal {
  const problem = CellProblem.safeParse(jsonOf(body)).data;
  const said = problem?.detail || body.slice(0, QUOTED);
  if (problem?.type === "urn:cellplane:stale-generation")
    return new Refusal("stale-generation", said, { extra: { highestSeen: problem.highestSeen } });
  if (status >= 500 || status === 429 || status < 400 || problem?.retryable)
    return new Refusal("cell-unreachable", `The cell ${cell.id} cannot do it now (${status}): ${said}`);
  return new Refusal("cell-refused", `The cell ${cell.id} refused (${status}): ${said}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
