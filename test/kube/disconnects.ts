import "./resolve-cells.mjs";
import { connectToBroker } from "#adapters/nats/connect.ts";
import { orchestratorSecretFiles as files } from "#core/workload.ts";
import type { Cell } from "./a-cell.ts";
import type { OwnNetwork } from "./edge.ts";

/** The broker's own word on who left it, as long as a test listens. */
export interface Disconnects {
  /** Names of the clients outside of the system that left, in order. */
  readonly seen: string[];
  readonly close: () => Promise<void>;
}

/** Listens to `$SYS` of a network's broker, from outside, by the credentials that its orchestrator has. */
export async function hearDisconnects(cell: Cell, network: OwnNetwork): Promise<Disconnects> {
  const { data } = cell.cluster.get("secret", "orchestrator", network.name) ?? {};
  const text = (file: string) => Buffer.from(data[file], "base64").toString();
  process.env.CELL_ADDRESSES = cell.entrance.environment.CELL_ADDRESSES;
  const connection = await connectToBroker(
    { url: network.nats, caPem: text(files.natsCa) },
    { name: "a test", credentials: () => ({ jwt: text(files.systemJwt), seed: text(files.systemSeed).trim() }) },
  );
  const seen: string[] = [];
  connection.subscribe("$SYS.ACCOUNT.*.DISCONNECT", {
    callback: (_, message) => {
      const { client } = message.json<{ client: { name?: string } }>();
      seen.push(client.name ?? "");
    },
  });
  await connection.flush();
  return { seen, close: () => connection.close() };
}
