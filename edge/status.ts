import type { NodeFiles } from "./data-folder.ts";
import { Failure } from "./failure.ts";
import { readIdentity } from "./identity.ts";
import { type NodeStatus, readStatus } from "./status-file.ts";

/** What to show: what the node last wrote, or what is known of one that has not run yet. `isAlive` answers for a pid. */
export function describeNode(files: NodeFiles, isAlive: (pid: number) => boolean): NodeStatus {
  const identity = readIdentity(files);
  if (!identity)
    throw new Failure("refused", "This machine is no node yet.", "cellplane-edge bootstrap --token cpt1_…");
  const status = readStatus(files.status);
  const never: NodeStatus = {
    node: identity.node,
    workspace: identity.workspace,
    ...(identity.name === undefined ? {} : { name: identity.name }),
    version: "",
    pid: 0,
    link: identity.status === "revoked" ? "revoked" : "stopped",
    since: "",
    updatedAt: "",
    labels: {},
    applied: null,
    pipelines: [],
    counters: {},
    problems: [],
  };
  if (!status || status.node !== identity.node) return never;
  return isAlive(status.pid) || status.link === "revoked" ? status : { ...status, link: "stopped" };
}

/** For people: the node, its pipelines, what troubles it. */
export function statusTable(status: NodeStatus): string {
  const { node, name, workspace, link, server, applied, pipelines, counters, problems, updatedAt, attempt } = status;
  const lines = [
    `${node}${name ? ` (${name})` : ""}  workspace ${workspace}`,
    `${link}${link === "connected" && server ? ` to ${server}` : ""}${updatedAt ? `, as of ${updatedAt}` : ", never ran"}`,
    applied ? `generation ${applied.gen} applied ${applied.at}` : "nothing applied yet",
    ...(attempt && attempt.result !== "applied" ? [`generation ${attempt.gen} ${attempt.result}: ${attempt.msg}`] : []),
  ];
  const rows = pipelines.map(({ name: pipeline, rev, health, restarts }) => {
    const { in: received = 0, out = 0, errors = 0 } = counters[pipeline] ?? {};
    return [`${pipeline}@${rev}`, health, String(received), String(out), String(errors), String(restarts)];
  });
  if (rows.length > 0) lines.push("", ...columns([["PIPELINE", "HEALTH", "IN", "OUT", "ERRORS", "RESTARTS"], ...rows]));
  if (problems.length > 0)
    lines.push("", ...problems.map(({ l, m, n }) => `${l === "e" ? "error" : "warning"}: ${m} (${n}×)`));
  return `${lines.join("\n")}\n`;
}

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
