import { createHash } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { Refusal } from "#core/errors.ts";
import { AccessDocument } from "#core/model/access.ts";
import { canonicalJson } from "#core/model/canonical.ts";
import { parse } from "#core/model/parse.ts";
import type { Log } from "#core/ports.ts";
import { internalClientName, type OrchestratorStatus } from "#core/workload.ts";
import type { AccessList } from "../access-list.ts";
import { problem } from "./app.ts";

/** How often a long poll looks again, and how long it waits at most. */
const LOOK_MS = 100;
const LONGEST_WAIT_SECONDS = 20;

/** What the status is without its version. */
export type Status = Omit<OrchestratorStatus, "version">;

/** The agent's door: mTLS by the internal CA, and only for the agent of this cell. */
export function internalApp({
  cell,
  access,
  status,
  reload,
  announceDrain,
  log,
}: {
  cell: string;
  access: AccessList;
  status: () => Status;
  /** Has the broker read its files again. */
  reload: () => Promise<void>;
  /** Tells all nodes that the broker goes away; resolves once the broker has taken it. */
  announceDrain: () => Promise<void>;
  log: Log;
}): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(async (context, next) => {
    const certificate = (context.env.incoming.socket as TLSSocket).getPeerCertificate();
    const names = (certificate.subjectaltname ?? "").split(", ");
    if (!names.includes(`DNS:${internalClientName(cell)}`))
      throw new Refusal("forbidden", "Only the agent of this cell may call here.");
    await next();
  });
  app.get("/v1/status", async (context) => {
    const since = context.req.query("since");
    const wait = Math.min(Number(context.req.query("wait") ?? 0) || 0, LONGEST_WAIT_SECONDS) * 1_000;
    const until = performance.now() + wait;
    let now = versioned(status());
    while (now.version === since && performance.now() < until && !context.req.raw.signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      now = versioned(status());
    }
    return context.json(now);
  });
  app.put("/v1/access", async (context) => {
    const document = parse(AccessDocument, await context.req.json().catch(() => undefined));
    // An older copy is no mistake of the agent: it is passed over, and the answer says what counts here.
    access.accept(document);
    return context.json({ generation: access.generation() });
  });
  app.post("/v1/broker/reload", async (context) => {
    await reload();
    return context.body(null, 204);
  });
  app.post("/v1/broker/drain", async (context) => {
    await announceDrain();
    return context.body(null, 204);
  });
  app.notFound((context) =>
    problem(context, new Refusal("not-found", `There is nothing at ${context.req.path}.`), log),
  );
  app.onError((error, context) => problem(context, error, log));
  return app;
}

const versioned = (status: Status): OrchestratorStatus => ({
  ...status,
  version: createHash("sha256").update(canonicalJson(status)).digest("hex").slice(0, 16),
});
