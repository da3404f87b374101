import type { Observed } from "#core/model/network.ts";
import { phases } from "#core/model/network.ts";
import { AGENT_VERSION } from "../cell.ts";

export interface Measured {
  readonly networks: readonly Observed[];
  readonly openPolls: number;
  readonly residentBytes: number;
}

/** The agent's figures as Prometheus reads them. */
export function metricsText({ networks, openPolls, residentBytes }: Measured): string {
  const gauge = (name: string, help: string, values: readonly (readonly [labels: string, value: number])[]) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    ...values.map(([labels, value]) => `${name}${labels} ${value}`),
  ];
  const sum = (of: "online" | "total") => networks.reduce((count, { nodes }) => count + nodes[of], 0);
  return [
    ...gauge("cellplane_agent_info", "The agent that answers.", [[`{version="${AGENT_VERSION}"}`, 1]]),
    ...gauge(
      "cellplane_agent_networks",
      "Networks in the cell by phase.",
      phases.map((phase) => [`{phase="${phase}"}`, networks.filter((one) => one.phase === phase).length]),
    ),
    ...gauge("cellplane_agent_nodes", "Nodes of all networks.", [
      ['{state="online"}', sum("online")],
      ['{state="known"}', sum("total")],
    ]),
    ...gauge("cellplane_agent_open_polls", "Calls that wait for a change.", [["", openPolls]]),
    ...gauge("process_resident_memory_bytes", "Memory of the agent.", [["", residentBytes]]),
    "",
  ].join("\n");
}
