import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { aNetwork, aStage, type Stage } from "./a-cell.ts";
import { brokerBehind } from "./broker-behind.ts";
import { anEdge, type Edge, type OwnNetwork } from "./edge.ts";

const SLOW = 300_000;

/** Straight to the cell: two networks behind the same two ports. */
describe("two networks behind the same ports", () => {
  let stage: Stage;
  let one: OwnNetwork;
  let other: OwnNetwork;
  let edge: Edge | undefined;

  beforeAll(async () => {
    stage = await aStage();
    [one, other] = await Promise.all([aNetwork(stage, "one"), aNetwork(stage, "other")]);
  }, 240_000);
  afterAll(async () => {
    edge?.kill("SIGKILL");
    await stage?.close();
  }, SLOW);

  const hostOf = ({ api }: OwnNetwork) => new URL(api).hostname;

  it("are told apart by name: each shows its own certificate, and another name leads nowhere", async () => {
    for (const [network, stranger] of [
      [one, other],
      [other, one],
    ] as const) {
      const met = await brokerBehind(stage.cell, network);
      expect(met.said).toBe("INFO");
      expect(met.names).toContain(`DNS:${hostOf(network)}`);
      expect(met.names).not.toContain(hostOf(stranger));
    }
    await expect(brokerBehind(stage.cell, { api: "https://net-nobody.cell-1.test" })).rejects.toThrow();
  });

  it("answer over HTTPS under their own host alone, with the certificate that the cell's operator brought", async () => {
    for (const network of [one, other]) {
      const { status, json } = await network.call("GET", "/v1/workspaces");
      expect([status, json.items.length]).toEqual([200, 1]);
    }
    const nobody = one.api.replace(one.name, "net-nobody");
    expect((await stage.cell.entrance.ask(`${nobody}/readyz`)).status).toBe(404);
  });

  it("do not open to one another's tokens, keys and nodes", async () => {
    const { json } = await stage.plane.call("POST", `/v1/networks/${one.id}/token`);
    const ask = (network: OwnNetwork) =>
      stage.cell.entrance.ask(`${network.api}/v1/workspaces`, { headers: { authorization: `Bearer ${json.token}` } });
    expect((await ask(one)).status).toBe(200);
    expect((await ask(other)).status).toBe(401);

    // The Host header of another network inside a connection by one's own name.
    const crossed = await stage.cell.entrance.ask(`${one.api}/v1/workspaces`, {
      headers: { authorization: `Bearer ${json.token}`, host: new URL(other.api).host },
    });
    expect(crossed.status).not.toBe(200);
  });

  it("push and revoke access: a new key opens within 5 s, and does not when it is gone", async () => {
    const made = await stage.plane.call("POST", "/v1/orgs/default/keys", {
      ...{ name: "operator", role: "operator", networks: [one.id] },
    });
    expect(made.status).toBe(201);
    const ask = async (network: OwnNetwork) =>
      (
        await stage.cell.entrance.ask(`${network.api}/v1/workspaces`, {
          headers: { authorization: `Bearer ${made.json.secret}` },
        })
      ).status;
    await expect.poll(() => ask(one), { timeout: 20_000 }).toBe(200);
    expect(await ask(other)).toBe(401);
    const revoked = await stage.plane.call("DELETE", `/v1/orgs/default/keys/${made.json.key.id}`, undefined, {
      "if-match": "*",
    });
    expect(revoked.status).toBeLessThan(300);
    await expect.poll(() => ask(one), { timeout: 20_000 }).toBe(401);
  });

  it(
    "keep a node to the network that it enrolled in",
    async () => {
      edge = await anEdge(one, stage.cell.entrance, stage.folder);
      const online = async (network: OwnNetwork) =>
        (await network.call("GET", "/v1/workspaces/default/nodes?state=online")).json.items.length;
      await vi.waitFor(async () => expect(await online(one)).toBe(1), { timeout: 90_000 });
      expect(await online(other)).toBe(0);
    },
    SLOW,
  );
});
