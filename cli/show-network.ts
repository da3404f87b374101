import type { NetworkView } from "#core/model/network-view.ts";
import { age } from "./age.ts";
import { labelsText, writeOne } from "./output.ts";
import type { Session } from "./session.ts";
import { describeWindow } from "./window.ts";

/** What it runs, what it should run where that differs, and why. */
function releaseText({ status, resolvedRelease, release, channel }: NetworkView): string {
  const wanted = resolvedRelease ?? status.release ?? "-";
  const runs = status.release !== null && status.release !== wanted ? `${status.release} → ${wanted}` : wanted;
  return `${runs} (${release === null ? `channel ${channel}` : "pinned"})`;
}

export async function showNetwork({ terminal, format }: Session, network: NetworkView): Promise<void> {
  const now = terminal.now();
  const { status, endpoints, placement } = network;
  await writeOne(terminal, format, {
    data: network,
    name: network.name,
    shown: [
      ["Name", network.name],
      ["Id", network.id],
      [
        "Phase",
        status.fresh || status.reportedAt === null
          ? status.phase
          : `${status.phase} (last heard ${age(status.reportedAt, now)} ago)`,
      ],
      ["Nodes", `${status.nodes.online} online of ${status.nodes.total}`],
      ["Release", releaseText(network)],
      ["Region", network.region],
      ["Plan", network.plan],
      ["Labels", labelsText(network.labels)],
      ["Settings", settingsText(network)],
      ["Window", network.window === null ? "at any time" : describeWindow(network.window)],
      ["Cell", placement ? [placement.cell, ...placement.reasons].join("\n") : "-"],
      ["API", endpoints?.api ?? "-"],
      ["NATS", endpoints?.nats ?? "-"],
      ["Operation", network.operation ?? "-"],
      ["Age", age(network.createdAt, now)],
      [
        "Conditions",
        status.conditions
          .map(({ type, status: is, message }) => `${type}: ${is}${message ? `, ${message}` : ""}`)
          .join("\n") || "-",
      ],
    ],
  });
}

const settingsText = ({ settings }: NetworkView): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ") || "-";
