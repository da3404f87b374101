import type { orchestratorRoutes as routes } from "#core/api/orchestrator.ts";
import { Refusal } from "#core/errors.ts";
import { type NodeRecord, type NodeView, nodeView, SetLabels } from "#core/model/node.ts";
import { parse } from "#core/model/parse.ts";
import { matches, requirementsOf } from "#core/model/selector.ts";
import { timestampOf } from "#core/model/time.ts";
import type { RunningWorkspace } from "../workspace/run-workspace.ts";
import type { Act, Called } from "./endpoint.ts";
import { paged } from "./paged.ts";
import type { Served } from "./served.ts";

/** Values of a label that a facet counts; a label with more is not one to choose by. */
const FACET_VALUES = 50;

export const listNodes: Act<typeof routes.listNodes> = async (served, { params, query }) => {
  const workspace = await served.workspaces.get(params.ws ?? "");
  const { selector, state, health, q, ...page } = query;
  const requirements = selector === undefined ? [] : requirementsOf(selector);
  const text = q?.toLowerCase();
  const all = workspace.store.nodes
    .values()
    .map((record) => viewOf(workspace, record))
    .filter((node) => matches(requirements, node.labels))
    .filter((node) => state === undefined || node.state === state)
    .filter((node) => health === undefined || node.health === health)
    .filter((node) => text === undefined || node.name.toLowerCase().includes(text) || node.id === q);
  const list = JSON.stringify(["nodes", workspace.name, selector, state, health, q]);
  return { body: { ...paged(served, list, page, { all, keyOf: ({ id }) => id }), facets: facetsOf(all) } };
};

export const getNode: Act<typeof routes.getNode> = async ({ workspaces }, { params }) => {
  const workspace = await workspaces.get(params.ws ?? "");
  return { body: viewOf(workspace, await find(workspace, params.node)) };
};

export const updateNode: Act<typeof routes.updateNode> = async (served, request) => {
  const { name, labels = {} } = request.body;
  return change(served, request, "node.update", (record) => {
    const set = Object.entries({ ...record.labels.set, ...labels }).filter(([, value]) => value !== null);
    const next = parse(SetLabels, Object.fromEntries(set));
    return { ...record, name: name ?? record.name, labels: { ...record.labels, set: next } };
  });
};

export const approveNode: Act<typeof routes.approveNode> = (served, request) =>
  change(served, request, "node.approve", (record) => {
    if (record.status === "revoked")
      throw new Refusal("not-possible-now", "The node was revoked or rejected. It must enrol again with a new key.");
    return { ...record, status: "active" };
  });

export const rejectNode: Act<typeof routes.rejectNode> = async (served, request) => {
  const { params } = request;
  const record = await find(await served.workspaces.get(params.ws ?? ""), params.node);
  if (record.status !== "pending")
    throw new Refusal(
      "not-possible-now",
      "Only a node that waits for approval can be rejected. Revoke this one instead.",
    );
  return shutOut(served, request, "node.reject");
};

export const revokeNode: Act<typeof routes.revokeNode> = (served, request) => shutOut(served, request, "node.revoke");

export const deleteNode: Act<typeof routes.deleteNode> = async (served, { caller, from, params }) => {
  const workspace = await served.workspaces.get(params.ws ?? "");
  const before = await find(workspace, params.node);
  await served.workspaces.revokeKey(workspace.name, before.pub);
  await workspace.store.nodes.remove(before.id);
  const deed = { actor: caller.subject, from, action: "node.delete", subject: before.id, before, after: null };
  await workspace.audit(deed, served.ids);
  return {};
};

/** First recorded, then told to the broker: a crash between leaves a node that gets no new JWT and no answer. */
async function shutOut(served: Served, request: Called, action: string) {
  const answer = await change(served, request, action, (record) => ({
    ...record,
    status: "revoked",
    revokedAt: record.revokedAt ?? timestampOf(served.clock.now()),
  }));
  const workspace = await served.workspaces.get(request.params.ws ?? "");
  await served.workspaces.revokeKey(workspace.name, (await find(workspace, request.params.node)).pub);
  return answer;
}

async function change(
  served: Served,
  { caller, from, params }: Called,
  action: string,
  decide: (record: NodeRecord) => NodeRecord,
) {
  const workspace = await served.workspaces.get(params.ws ?? "");
  const before = await find(workspace, params.node);
  const after = await workspace.store.nodes.change(before.id, decide);
  if (!after) throw noNode(params.node);
  await workspace.audit({ actor: caller.subject, from, action, subject: before.id, before, after }, served.ids);
  return { body: viewOf(workspace, after) };
}

async function find({ store }: RunningWorkspace, id = ""): Promise<NodeRecord> {
  const record = /^nod_[0-9a-z]{26}$/.test(id) ? (store.nodes.get(id) ?? (await store.nodes.fresh(id))) : undefined;
  if (!record) throw noNode(id);
  return record;
}

const noNode = (id = "") => new Refusal("not-found", `There is no node ${id} in this workspace.`);

const viewOf = ({ live }: RunningWorkspace, record: NodeRecord): NodeView => nodeView(record, live.signsOf(record.id));

/** How many nodes of the whole answer, not only of this page, have each state, edge version, health and label. */
function facetsOf(nodes: readonly NodeView[]) {
  const labels: Record<string, Record<string, number>> = Object.create(null);
  for (const node of nodes)
    for (const [key, value] of Object.entries(node.labels)) {
      labels[key] ??= Object.create(null) as Record<string, number>;
      labels[key][value] = (labels[key][value] ?? 0) + 1;
    }
  const few = Object.entries(labels).filter(([, values]) => Object.keys(values).length <= FACET_VALUES);
  return {
    state: countBy(nodes, ({ state }) => state),
    health: countBy(nodes, ({ health }) => health ?? "none"),
    edge: countBy(nodes, ({ edge }) => edge),
    labels: Object.fromEntries(few),
  };
}

function countBy<T>(all: readonly T[], keyOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of all) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}
