/**
 * What an orchestrator shows to its cell, and no more: health and readiness, and the internal port (mTLS) with status and access.
 * Files beside its access list steer it: none are needed. Run as a program by the embedded cluster.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { sealingKeyId } from "#adapters/sealing-key-id.ts";
import type { AccessDocument } from "#core/model/access.ts";
import { ACCESS_FILE, orchestratorSecretFiles as files, internalClientName } from "#core/workload.ts";

const {
  CELLPLANE_SECRETS_DIR = "",
  CELLPLANE_ACCESS_DIR = "",
  CELLPLANE_CELL = "",
  CELLPLANE_RELEASE = "",
} = process.env;
const { LISTEN_HOST, PORT_HTTP, PORT_INTERNAL } = process.env;
const secret = (name: string) => readFileSync(join(CELLPLANE_SECRETS_DIR, name), "utf8");

const sealedWith = sealingKeyId(Buffer.from(secret(files.sealingKey), "base64url"));
let access: AccessDocument = JSON.parse(readFileSync(join(CELLPLANE_ACCESS_DIR, ACCESS_FILE), "utf8"));
let ready = true;
let nodes = { online: 0, total: 0 };
let drainNotices = 0;
let refusesDrain = false;
let changes = 0;
const waiting = new Set<() => void>();
const changed = () => {
  changes += 1;
  for (const wake of waiting) wake();
};
const status = () => ({
  release: CELLPLANE_RELEASE,
  ready,
  nodes,
  accessGeneration: access.generation,
  sealedWith,
  version: `${process.pid}.${changes}`,
});

createServer((request, answer) => {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://orchestrator");
  if (pathname === "/unready") {
    ready = false;
    changed();
  }
  if (pathname === "/nodes") {
    nodes = { online: Number(searchParams.get("online")), total: Number(searchParams.get("total")) };
    changed();
  }
  if (pathname === "/mute") refusesDrain = true;
  if (pathname === "/drains") answer.write(String(drainNotices));
  if (pathname === "/access") answer.write(JSON.stringify(access));
  answer.statusCode = pathname === "/readyz" && !ready ? 503 : 200;
  answer.end();
}).listen(Number(PORT_HTTP), LISTEN_HOST);

createTlsServer(
  {
    cert: secret(files.internalCertificate),
    key: secret(files.internalKey),
    ca: secret(files.internalCa),
    requestCert: true,
  },
  async (request, answer) => {
    const { subjectaltname } = (request.socket as TLSSocket).getPeerCertificate();
    if (subjectaltname !== `DNS:${internalClientName(CELLPLANE_CELL)}`) {
      answer.statusCode = 403;
      answer.end();
      return;
    }
    const { pathname, searchParams } = new URL(request.url ?? "", "https://orchestrator");
    if (request.method === "PUT" && pathname === "/v1/access") {
      let body = "";
      for await (const part of request) body += part;
      const pushed: AccessDocument = JSON.parse(body);
      if (pushed.generation > access.generation) access = pushed;
      changed();
      answer.end("{}");
      return;
    }
    if (request.method === "POST" && pathname === "/v1/broker/drain") {
      // Takes the call, and never answers.
      if (refusesDrain) return;
      drainNotices += 1;
      answer.end();
      return;
    }
    if (searchParams.get("since") === status().version)
      await new Promise<void>((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(wake, Number(searchParams.get("wait")) * 1_000);
        waiting.add(wake);
        request.on("close", wake);
      });
    answer.end(JSON.stringify(status()));
  },
).listen(Number(PORT_INTERNAL), LISTEN_HOST);

process.once("SIGTERM", () => process.exit(0));
