import type { Cluster } from "#core/ports.ts";
import { SYSTEM_NAMESPACE } from "./cell.ts";

/** The namespace of the agent itself. With the chart it is there, and the agent may not make it. */
export async function ownNamespace(cluster: Cluster): Promise<void> {
  const object = { apiVersion: "v1", kind: "Namespace", metadata: { name: SYSTEM_NAMESPACE } };
  const found = await cluster.get({ apiVersion: "v1", kind: "Namespace", name: SYSTEM_NAMESPACE });
  if (!found) await cluster.apply(object);
}
