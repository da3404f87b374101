import type { orchestratorRoutes as routes } from "#core/api/orchestrator.ts";
import { Refusal } from "#core/errors.ts";
import { canSee } from "#core/model/network-caller.ts";
import { DEFAULT_WORKSPACE, workspaceView } from "#core/model/workspace.ts";
import type { Act } from "./endpoint.ts";
import { paged } from "./paged.ts";

export const createWorkspace: Act<typeof routes.createWorkspace> = async (served, { caller, from, body }) => {
  const view = workspaceView(await served.workspaces.create(body));
  const workspace = await served.workspaces.get(body.name);
  const deed = { actor: caller.subject, from, action: "workspace.create", subject: body.name, after: view };
  await workspace.audit(deed, served.ids);
  return { body: { workspace: view, ...view } };
};

export const listWorkspaces: Act<typeof routes.listWorkspaces> = async (served, { caller, query }) => {
  const all = served.workspaces.records().filter(({ name }) => canSee(caller, name));
  const { items, ...next } = paged(served, "workspaces", query, { all, keyOf: ({ name }) => name });
  return { body: { items: items.map(workspaceView), ...next } };
};

export const getWorkspace: Act<typeof routes.getWorkspace> = async ({ workspaces }, { params }) => {
  const { store, live, record } = await workspaces.get(params.ws ?? "");
  const nodes = { online: live.online, total: store.nodes.size() };
  return { body: { ...workspaceView(record()), nodes } };
};

export const updateWorkspace: Act<typeof routes.updateWorkspace> = async (served, { caller, from, params, body }) => {
  const workspace = await served.workspaces.get(params.ws ?? "");
  const before = workspaceView(workspace.record());
  const after = workspaceView(await served.workspaces.describe(workspace.name, body.description ?? before.description));
  const deed = { actor: caller.subject, from, action: "workspace.update", subject: workspace.name, before, after };
  await workspace.audit(deed, served.ids);
  return { body: after };
};

export const deleteWorkspace: Act<typeof routes.deleteWorkspace> = async (served, { caller, from, params }) => {
  const name = params.ws ?? "";
  if (!served.workspaces.record(name)) throw new Refusal("not-found", `There is no workspace ${name} here.`);
  await served.workspaces.remove(name);
  // Its own stream went with it, so the first workspace remembers.
  const keeper = await served.workspaces.get(DEFAULT_WORKSPACE);
  const deed = { actor: caller.subject, from, action: "workspace.delete", subject: name, after: null };
  await keeper.audit(deed, served.ids);
  return {};
};
