import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { createCa, issueLeaf } from "#adapters/x509.ts";
import type { Json } from "../synthesize.ts";

export interface ClusterApi {
  readonly endpoint: string;
  /** As EKS puts it out. */
  readonly caData: string;
  /** The Secrets that are there, by path, as they would be read. */
  readonly secrets: ReadonlyMap<string, Json>;
  /** Who asked, as EKS would learn it of STS. */
  readonly callers: ReadonlySet<string>;
  close(): void;
}

/** A cluster's API as far as one Secret goes: what it keeps, and by whom it was asked. */
export async function openClusterApi(): Promise<ClusterApi> {
  const ca = createCa({ name: "cluster", now: Date.now(), days: 1 });
  const leaf = issueLeaf(ca, { names: ["localhost"], now: Date.now(), days: 1 });
  const secrets = new Map<string, Json>();
  const callers = new Set<string>();
  const server: Server = createServer({ cert: leaf.certPem, key: leaf.keyPem }, async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    const { method, url = "", headers } = request;
    const path = url.replace(/\?.*/, "");
    const token = /^Bearer k8s-aws-v1\.(.+)$/.exec(headers.authorization ?? "")?.[1] ?? "";
    const asked = new URL(Buffer.from(token, "base64url").toString());
    callers.add(asked.searchParams.get("X-Amz-Credential")?.split("/")[0] ?? "nobody");
    const answer = (status: number, value: Json) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(value));
    };
    if (method === "PATCH") secrets.set(path, JSON.parse(body));
    const found = secrets.get(path);
    if (!found) answer(404, { kind: "Status", code: 404 });
    else if (method === "GET" && !/PartialObjectMetadata/.test(headers.accept ?? "")) answer(403, { kind: "Status" });
    else answer(200, method === "GET" ? { metadata: found.metadata } : found);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    endpoint: `https://localhost:${(server.address() as AddressInfo).port}`,
    caData: Buffer.from(ca.certPem).toString("base64"),
    ...{ secrets, callers },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
