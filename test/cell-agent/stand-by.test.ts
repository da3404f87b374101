import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { Agent, get } from "node:https";
import { text } from "node:stream/consumers";
import { expect, it, vi } from "vitest";
import { systemClock } from "#adapters/world.ts";
import { standBy } from "../../cell-agent/stand-by.ts";
import { freePort } from "../free-port.ts";
import { aCell } from "../standalone/cluster/cell.ts";

it("keeps no connection, so that who asks again comes to the replica that leads by then", async () => {
  const { cluster, close } = await aCell();
  await cluster.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "cellplane-system" } });
  const port = await freePort();
  const stop = new AbortController();
  const settings = { listen: { host: "127.0.0.1", port }, publicUrl: undefined };
  const stands = standBy({ cluster, clock: systemClock, log: () => {}, settings }, stop.signal);
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
  const ask = async (path: string) => {
    const [answer] = (await once(get({ agent, port, path }), "response")) as [IncomingMessage];
    return { status: answer.statusCode, connection: answer.headers.connection, body: JSON.parse(await text(answer)) };
  };
  try {
    const refused = await vi.waitFor(() => ask("/v1/digest"), { timeout: 20_000 });
    expect(refused).toMatchObject({ status: 503, connection: "close", body: { retryable: true } });
    expect(await ask("/healthz")).toMatchObject({ status: 200, connection: "close" });
  } finally {
    stop.abort();
    await stands;
    agent.destroy();
    await close();
  }
});
