import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { otlpTraces } from "#adapters/traces.ts";
import { apiHandler } from "../../functions/api.ts";
import { gateway } from "../../standalone/control-plane/gateway.ts";
import { aControlPlane } from "../control-plane.ts";

interface Sent {
  readonly name: string;
  readonly traceId: string;
  readonly parentSpanId?: string;
  readonly status: { readonly code?: number };
}

it("sends a request as a span of its caller's trace, and what is done within it below", async () => {
  const bodies: string[] = [];
  const collector = createServer(async (request, response) => {
    bodies.push(await text(request));
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((listening) => collector.listen(0, "127.0.0.1", listening));
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const plane = await aControlPlane();
  try {
    const { trace, close } = otlpTraces("test");
    const app = gateway(apiHandler(plane.deps, { trace }));
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    await app.request(
      "/healthz",
      { headers: { traceparent } },
      { incoming: { socket: { remoteAddress: "127.0.0.1" } } },
    );
    const failing = trace({ name: "outer", attributes: {} }, () =>
      trace({ name: "inner", attributes: {} }, () => Promise.reject(new Error("broken"))),
    );
    await expect(failing).rejects.toThrow("broken");
    await close();

    const spans = bodies.flatMap((body) =>
      (JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: Sent[] }[] }[] }).resourceSpans.flatMap(
        ({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans),
      ),
    );
    const named = (name: string) => spans.find((span) => span.name === name);
    expect(named("GET /healthz")).toMatchObject({
      traceId: "0af7651916cd43dd8448eb211c80319c",
      parentSpanId: "b7ad6b7169203331",
    });
    expect(named("inner")).toMatchObject({ traceId: named("outer")?.traceId, status: { code: 2 } });
    expect(named("inner")?.parentSpanId).toBeDefined();
  } finally {
    delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT;
    await plane.close();
    collector.close();
  }
});
