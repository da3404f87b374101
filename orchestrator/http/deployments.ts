import type { orchestratorRoutes as routes } from "#core/api/orchestrator.ts";
import { Refusal } from "#core/errors.ts";
import { canonicalJson } from "#core/model/canonical.ts";
import { type Deployment, deploymentView, revisionOf } from "#core/model/deployment.ts";
import { invalidInput } from "#core/model/parse.ts";
import { requirementsOf } from "#core/model/selector.ts";
import { timestampOf } from "#core/model/time.ts";
import type { RunningWorkspace } from "../workspace/run-workspace.ts";
import type { Act } from "./endpoint.ts";
import { paged } from "./paged.ts";
import { revisionsOf } from "./pipelines.ts";

export const createDeployment: Act<typeof routes.createDeployment> = async (
  served,
  { caller, from, params, body: { pipeline, selector, strategy } },
) => {
  const { clock, ids } = served;
  const workspace = await served.workspaces.get(params.ws ?? "");
  const { deployments } = workspace.store;
  const { name, rev } = revisionOf(pipeline);
  const revision = revisionsOf(workspace.store, name).find((one) => rev === undefined || one.rev === rev);
  if (!revision)
    throw invalidInput([{ path: "pipeline", message: `there is no ${pipeline} in this workspace; publish it first` }]);

  const deployment: Deployment = {
    ...{ id: ids.next("dep"), pipeline: name, rev: revision.rev, sha256: revision.sha256, selector, strategy },
    ...{ state: "running", createdAt: timestampOf(clock.now()), createdBy: caller.subject, completedAt: null },
  };
  await deployments.create(deployment.id, deployment);
  await supersede(workspace, deployment);
  const deed = { actor: caller.subject, from, action: "deployment.create", subject: deployment.id, after: deployment };
  await workspace.audit(deed, ids);
  return { body: { deployment: viewOf(workspace, deployment) } };
};

export const listDeployments: Act<typeof routes.listDeployments> = async (served, { params, query }) => {
  const workspace = await served.workspaces.get(params.ws ?? "");
  const all = workspace.store.deployments.values();
  const page = paged(served, `deployments/${workspace.name}`, query, { all, keyOf: ({ id }) => id });
  return { body: { ...page, items: page.items.map((one) => viewOf(workspace, one)) } };
};

export const getDeployment: Act<typeof routes.getDeployment> = async ({ workspaces }, { params }) => {
  const workspace = await workspaces.get(params.ws ?? "");
  return { body: viewOf(workspace, find(workspace, params.deployment)) };
};

export const listTargets: Act<typeof routes.listTargets> = async (served, { params, query }) => {
  const workspace = await served.workspaces.get(params.ws ?? "");
  const deployment = find(workspace, params.deployment);
  const all = workspace.progress.targets(deployment);
  return { body: paged(served, `targets/${deployment.id}`, query, { all, keyOf: ({ node }) => node }) };
};

/** Takes the pipeline off the nodes that have it by this deployment. */
export const deleteDeployment: Act<typeof routes.deleteDeployment> = async (served, { caller, from, params }) => {
  const workspace = await served.workspaces.get(params.ws ?? "");
  const before = find(workspace, params.deployment);
  await workspace.store.deployments.remove(before.id);
  const deed = { actor: caller.subject, from, action: "deployment.delete", subject: before.id, before, after: null };
  await workspace.audit(deed, served.ids);
  return {};
};

/**
 * A newer deployment of the same pipeline to the same selector takes the place of the older ones for good, so that deleting it
 * takes the pipeline off instead of bringing an old revision back.
 */
async function supersede({ store }: RunningWorkspace, newest: Deployment): Promise<void> {
  const same = canonicalJson(requirementsOf(newest.selector));
  const older = store.deployments
    .values()
    .filter((one) => one.pipeline === newest.pipeline && one.id < newest.id && one.state !== "superseded")
    .filter((one) => canonicalJson(requirementsOf(one.selector)) === same);
  for (const { id } of older) await store.deployments.change(id, (one) => ({ ...one, state: "superseded" }));
}

function find({ store }: RunningWorkspace, id = ""): Deployment {
  const deployment = store.deployments.get(id);
  if (!deployment) throw new Refusal("not-found", `There is no deployment ${id} in this workspace.`);
  return deployment;
}

const viewOf = ({ progress }: RunningWorkspace, deployment: Deployment) =>
  deploymentView(deployment, progress.counts(deployment));
