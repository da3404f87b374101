import { readFileSync } from "node:fs";
import { join } from "node:path";
import { embeddedCluster } from "#adapters/embedded-cluster.ts";
import { INSTANCE_API_VERSION, INSTANCE_KIND } from "#core/model/instance.ts";
import { SYSTEM_NAMESPACE } from "../../../cell-agent/cell.ts";
import type { Json } from "../synthesize.ts";

export interface CellState {
  /** The order of a network that is in force; none where there is no such network. */
  orderOf(network: string): Promise<Json | undefined>;
  /** The highest that the cell has heard of. */
  epoch(): Promise<number>;
  close(): void;
}

/** What an embedded cell holds, as its own cluster keeps it. */
export function openCellState(data: string, cell: string): CellState {
  const folder = join(data, "cells", cell);
  const { ports } = JSON.parse(readFileSync(join(folder, "cell.json"), "utf8"));
  const token = readFileSync(join(folder, "cluster-token"), "utf8").trim();
  const cluster = embeddedCluster({ url: `http://127.0.0.1:${ports.cluster}`, token });
  const epochRef = { apiVersion: "v1", kind: "ConfigMap", name: "epoch", namespace: SYSTEM_NAMESPACE };
  return {
    async orderOf(network) {
      const instances: Json[] = await cluster.list({ apiVersion: INSTANCE_API_VERSION, kind: INSTANCE_KIND });
      return instances.find(({ spec }) => spec.network === network)?.spec;
    },
    async epoch() {
      const kept: Json = await cluster.get(epochRef);
      return JSON.parse(kept.data["value.json"]).epoch;
    },
    close: () => cluster.close(),
  };
}
