import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { apiHandler } from "../../functions/api.ts";
import { gateway } from "../../standalone/control-plane/gateway.ts";
import { referencePage } from "../../standalone/control-plane/reference.ts";
import { aKey } from "../an-api.ts";
import { aControlPlane, type TestControlPlane } from "../control-plane.ts";

const console = "https://console.example.com";
const env = { incoming: { socket: { remoteAddress: "127.0.0.1" } } };

describe("an answer of the hosted API", () => {
  let plane: TestControlPlane;
  let bearer: string;
  const logged: Record<string, unknown>[] = [];
  let call: (path: string, init?: RequestInit) => Promise<Response>;

  beforeEach(async () => {
    plane = await aControlPlane();
    bearer = await aKey(plane);
    logged.length = 0;
    const deps: typeof plane.deps = {
      ...plane.deps,
      log: (level, message, facts) => void logged.push({ level, message, ...facts }),
    };
    const app = gateway(apiHandler(deps, { origins: [console] }), [
      referencePage(new URL("../builders.ts", import.meta.url).pathname),
    ]);
    call = async (path, init) => app.request(path, init, env);
  });
  afterEach(() => plane.close());

  it("carries the id that the request came with, in the log too", async () => {
    const answer = await call("/v1/me", { headers: { "x-request-id": "from-the-caller" } });
    expect(answer.headers.get("x-request-id")).toBe("from-the-caller");
    expect(await answer.json()).toMatchObject({
      status: 401,
      requestId: "from-the-caller",
      instance: "urn:cellplane:request:from-the-caller",
    });
    expect(logged).toContainEqual(
      expect.objectContaining({ message: "request", requestId: "from-the-caller", route: "/v1/me", status: "401" }),
    );
  });

  it.each(["", "short", "has spaces in it", "x".repeat(129), "<script>"])(
    "gives a request an id instead of %j",
    async (given) => {
      const answer = await call("/healthz", { headers: { "x-request-id": given } });
      const id = answer.headers.get("x-request-id");
      expect(id).toMatch(/^[0-9a-f-]{36}$/);
      expect((await call("/healthz")).headers.get("x-request-id")).not.toBe(id);
    },
  );

  it.each([
    ["/healthz", 200],
    ["/v1/me", 401],
    ["/v1/nothing", 404],
  ])("of %s is for nobody else, and for no frame", async (path, status) => {
    const answer = await call(path);
    expect(answer.status).toBe(status);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "cache-control": "no-store",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    });
  });

  it("lets pages of the console read it, also a refusal", async () => {
    for (const path of ["/healthz", "/v1/me", "/v1/nothing"]) {
      const { headers } = await call(path, { headers: { origin: console } });
      expect(headers.get("access-control-allow-origin")).toBe(console);
      expect(headers.get("access-control-expose-headers")).toContain("etag");
      expect(headers.get("vary")).toContain("origin");
    }
  });

  const asks = { "access-control-request-method": "PATCH", "access-control-request-headers": "if-match" };

  it("lets a page of the console ask first, without a key", async () => {
    const answer = await call("/v1/networks/x", { method: "OPTIONS", headers: { origin: console, ...asks } });
    expect(answer.status).toBe(204);
    expect(answer.headers.get("access-control-allow-methods")).toContain("PATCH");
    expect(answer.headers.get("access-control-allow-headers")).toContain("if-match");
  });

  it.each(["https://evil.example.com", "https://console.example.com.evil.org", "null", "http://console.example.com"])(
    "is not for pages of %s",
    async (origin) => {
      for (const init of [{ headers: { origin } }, { method: "OPTIONS", headers: { origin, ...asks } }]) {
        const { headers } = await call("/v1/me", init);
        expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
      }
    },
  );

  it("comes packed to who takes it so, under the same ETag", async () => {
    const authorization = `Bearer ${bearer}`;
    const made = await call("/v1/orgs/default/networks", {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify({
        name: "a",
        labels: Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`l${n}`, "x".repeat(60)])),
      }),
    });
    const { network } = (await made.json()) as { network: { id: string } };
    const path = `/v1/networks/${network.id}`;
    const plain = await call(path, { headers: { authorization } });
    const packed = await call(path, { headers: { authorization, "accept-encoding": "gzip" } });
    expect(packed.headers.get("content-encoding")).toBe("gzip");
    expect(packed.headers.get("etag")).toBe('"1"');
    expect(gunzipSync(Buffer.from(await packed.arrayBuffer())).toString()).toBe(await plain.text());
  });

  it("describes the API, and shows the description without anybody else's scripts", async () => {
    const description = await call("/openapi.json");
    expect(await description.json()).toMatchObject({ openapi: "3.1.0", info: { title: "cellplane" } });
    const page = await call("/docs");
    expect(page.headers.get("content-security-policy")).toContain("script-src 'self';");
    const html = await page.text();
    expect(html).not.toMatch(/https?:|onload|<script>/);
    for (const [, script = ""] of html.matchAll(/<script src="([^"]+)"/g)) {
      const answer = await call(script);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/javascript; charset=utf-8"]);
    }
  });

  it("says that it is not ready while the store does not answer, and before the first start", async () => {
    expect((await call("/readyz")).status).toBe(200);
    for (const get of [async () => undefined, () => Promise.reject(new Error("disk full: /dev/sda1"))]) {
      const store = { ...plane.deps.store, get };
      const app = gateway(apiHandler({ ...plane.deps, store }));
      const answer = await app.request("/readyz", {}, env);
      expect(answer.status).toBe(503);
      expect(await answer.text()).not.toContain("disk");
      expect((await app.request("/healthz", {}, env)).status).toBe(200);
    }
  });
});
