import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { AGENT, aNetwork, aStage, type Stage, setAgentClock } from "./a-cell.ts";
import { brokerBehind } from "./broker-behind.ts";
import { hearDisconnects } from "./disconnects.ts";
import { anEdge, deployCopy, type Edge, type OwnNetwork } from "./edge.ts";

const SLOW = 300_000;

/** A cell runs, restarts, renews and enrols with the global side gone (R8): it goes first, and never comes back here. */
describe("a cell whose control plane is gone for good", () => {
  let stage: Stage;
  let network: OwnNetwork;
  let edge: Edge;
  let late: Edge | undefined;
  const kube = () => stage.cell.cluster;
  /** Of what the agent keeps of the network, all but the keys that it began with. */
  const dropCredentials = () => {
    const kept = `network-keys-${network.name}`;
    const { data } = kube().get("secret", kept, "cellplane-system") ?? {};
    const { keys } = JSON.parse(Buffer.from(data["value.json"], "base64").toString());
    const rest = Buffer.from(JSON.stringify({ keys })).toString("base64");
    const patch = JSON.stringify({ data: { "value.json": rest } });
    kube().kubectl("-n", "cellplane-system", "patch", "secret", kept, "--type=merge", "-p", patch);
  };
  const online = async () =>
    (await network.call("GET", "/v1/workspaces/default/nodes?state=online")).json?.items?.length;
  const certificate = () => {
    const { data } = kube().get("secret", "nats", network.name);
    return new X509Certificate(Buffer.from(data["tls.crt"], "base64"));
  };

  beforeAll(async () => {
    stage = await aStage();
    network = await aNetwork(stage, "factory-7");
    edge = await anEdge(network, stage.cell.entrance, stage.folder);
    await deployCopy(network, stage.folder);
    await vi.waitUntil(async () => (await online()) === 1, { timeout: 60_000, interval: 200 });
    await stage.plane.kill();
  }, SLOW);
  afterAll(async () => {
    for (const one of [edge, late]) one?.kill("SIGKILL");
    await stage?.close();
  }, 120_000);

  it(
    "restarts every pod of the cell, and is whole again",
    async () => {
      kube().kubectl("-n", "cellplane-system", "delete", "pods", "-l", AGENT, "--force", "--grace-period=0");
      kube().kubectl("-n", network.name, "delete", "pods", "--all", "--force", "--grace-period=0");
      const written = edge.write(10);
      await expect.poll(() => edge.arrived().length, { timeout: 90_000 }).toBe(written);
      await expect
        .poll(() => kube().get("networkinstance", network.name)?.status.phase, { timeout: 90_000 })
        .toBe("ready");
      await expect.poll(() => online().catch(() => 0), { timeout: 90_000 }).toBe(1);
    },
    SLOW,
  );

  it(
    "enrols a node and gives it work",
    async () => {
      late = await anEdge(network, stage.cell.entrance, stage.folder, "late");
      await deployCopy(network, stage.folder, "late");
      late.write(10);
      await expect.poll(() => late?.arrived().length, { timeout: 60_000 }).toBe(10);
    },
    SLOW,
  );

  it(
    "renews the broker's certificate long before its end, and no node is dropped for it",
    async () => {
      // Certificates are checked by the machine's clock. So the agent is set back, and what it makes then is old when it is set right.
      dropCredentials();
      await setAgentClock(kube(), -61);
      const old = () => (Date.now() - Date.parse(certificate().validFrom)) / 86_400_000;
      await vi.waitFor(() => expect(old()).toBeGreaterThan(60), { timeout: 120_000, interval: 500 });
      await setAgentClock(kube(), -21);
      await expect
        .poll(() => kube().get("networkinstance", network.name)?.status.phase, { timeout: 120_000 })
        .toBe("ready");
      await expect.poll(() => online().catch(() => 0), { timeout: 90_000 }).toBe(2);
      const before = certificate().fingerprint256;

      const heard = await hearDisconnects(stage.cell, network);
      try {
        await setAgentClock(kube(), 0);
        await vi.waitFor(() => expect(certificate().fingerprint256).not.toBe(before), {
          timeout: 90_000,
          interval: 500,
        });
        await expect
          .poll(() => brokerBehind(stage.cell, network).then(({ fingerprint }) => fingerprint), { timeout: 120_000 })
          .toBe(certificate().fingerprint256);
        expect(heard.seen.filter((name) => name.startsWith("nod_"))).toEqual([]);
      } finally {
        await heard.close();
      }
      expect(Date.parse(certificate().validTo)).toBeGreaterThan(Date.now() + 80 * 86_400_000);
    },
    SLOW,
  );
});
