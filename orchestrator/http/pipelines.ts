import { createHash } from "node:crypto";
import type { orchestratorRoutes as routes } from "#core/api/orchestrator.ts";
import { type InputError, Refusal } from "#core/errors.ts";
import { canonicalJson } from "#core/model/canonical.ts";
import { PipelineName, type PipelineRevision } from "#core/model/deployment.ts";
import { invalidInput } from "#core/model/parse.ts";
import type { PipelineDocument } from "#core/model/pipeline/document.ts";
import { timestampOf } from "#core/model/time.ts";
import { PIPELINE_LIMIT_BYTES, type WorkspaceStore } from "../workspace/open-workspace.ts";
import type { Act } from "./endpoint.ts";
import { paged } from "./paged.ts";

export const revisionKey = (name: string, rev: number): string => `${name}.${rev}`;

/** Newest first. */
export const revisionsOf = ({ revisions }: WorkspaceStore, name: string): PipelineRevision[] =>
  revisions
    .values()
    .filter((revision) => revision.name === name)
    .sort((a, b) => b.rev - a.rev);

export const listPipelines: Act<typeof routes.listPipelines> = async (served, { params, query }) => {
  const { store, name } = await served.workspaces.get(params.ws ?? "");
  const newest = new Map<string, PipelineRevision>();
  for (const revision of store.revisions.values())
    if ((newest.get(revision.name)?.rev ?? 0) < revision.rev) newest.set(revision.name, revision);
  const all = [...newest.values()].map(pipelineView);
  return { body: paged(served, `pipelines/${name}`, query, { all, keyOf: (one) => one.name }) };
};

export const getPipeline: Act<typeof routes.getPipeline> = async ({ workspaces }, { params }) => {
  const { store } = await workspaces.get(params.ws ?? "");
  const newest = revisionsOf(store, params.pipeline ?? "")[0];
  if (!newest) throw noPipeline(params.pipeline);
  return { body: { ...pipelineView(newest), document: await documentOf(store, newest) } };
};

export const putPipeline: Act<typeof routes.putPipeline> = async (served, { caller, from, params, body }) => {
  const workspace = await served.workspaces.get(params.ws ?? "");
  const { store } = workspace;
  const { name, text, sha256 } = await checked(params.pipeline ?? "", body);
  const newest = revisionsOf(store, name)[0];
  if (newest?.sha256 === sha256) return { status: 200, body: { pipeline: pipelineView(newest), revision: newest } };

  await store.bodies.put(`sha256.${sha256}`, text);
  const createdAt = timestampOf(served.clock.now());
  const revision = { name, rev: (newest?.rev ?? 0) + 1, sha256, createdAt, createdBy: caller.subject };
  await store.revisions.create(revisionKey(name, revision.rev), revision);
  const subject = `${name}@${revision.rev}`;
  await workspace.audit({ actor: caller.subject, from, action: "pipeline.put", subject, after: revision }, served.ids);
  return { body: { pipeline: pipelineView(revision), revision } };
};

/** Says what is wrong with a document without keeping it: a document with mistakes is no failed request. */
export const validatePipeline: Act<typeof routes.validatePipeline> = async ({ workspaces }, { params, body }) => {
  await workspaces.get(params.ws ?? "");
  return verdictOn(params.pipeline, body);
};

/** The same for a document that says itself what it is called. */
export const validateDocument: Act<typeof routes.validateDocument> = async ({ workspaces }, { params, body }) => {
  await workspaces.get(params.ws ?? "");
  return verdictOn(undefined, body);
};

async function verdictOn(name: string | undefined, body: unknown) {
  const errors = [...(await mistakesOf(body)).errors, ...nameMistakes(name, body)];
  return { body: { valid: errors.length === 0, errors } };
}

export const listRevisions: Act<typeof routes.listRevisions> = async (served, { params, query }) => {
  const { store, name } = await served.workspaces.get(params.ws ?? "");
  const all = revisionsOf(store, params.pipeline ?? "");
  if (all.length === 0) throw noPipeline(params.pipeline);
  const list = `revisions/${name}/${params.pipeline}`;
  const newestFirst = ({ rev }: PipelineRevision) => String(1e10 - rev).padStart(11, "0");
  return { body: paged(served, list, query, { all, keyOf: newestFirst }) };
};

export const getRevision: Act<typeof routes.getRevision> = async ({ workspaces }, { params }) => {
  const { store } = await workspaces.get(params.ws ?? "");
  const { pipeline = "", rev = "" } = params;
  const revision = revisionsOf(store, pipeline).find((one) => String(one.rev) === rev);
  if (!revision) throw new Refusal("not-found", `There is no revision ${pipeline}@${rev} in this workspace.`);
  return { body: { ...revision, document: await documentOf(store, revision) } };
};

const pipelineView = (newest: PipelineRevision) => ({
  name: newest.name,
  rev: newest.rev,
  sha256: newest.sha256,
  updatedAt: newest.createdAt,
});

async function documentOf({ bodies }: WorkspaceStore, { sha256 }: PipelineRevision): Promise<unknown> {
  const entry = await bodies.get(`sha256.${sha256}`);
  return entry ? JSON.parse(entry.value) : null;
}

/** The document as it is stored, or every mistake in it. */
async function checked(path: string, body: unknown): Promise<{ name: string; text: string; sha256: string }> {
  const { document, errors } = await mistakesOf(body);
  const all = [...errors, ...nameMistakes(path, body)];
  if (!document || all.length > 0) throw invalidInput(all);
  const text = canonicalJson(document);
  if (Buffer.byteLength(text) > PIPELINE_LIMIT_BYTES)
    throw new Refusal("too-large", `The pipeline is larger than ${PIPELINE_LIMIT_BYTES} bytes. Split it.`);
  return { name: path, text, sha256: createHash("sha256").update(text).digest("hex") };
}

/** What checks pipelines is loaded by the first who publishes one: an idle network has no use for it, and memory counts. */
async function mistakesOf(body: unknown): Promise<{ document?: PipelineDocument; errors: readonly InputError[] }> {
  const [{ parsePipeline }, { checkExpressions }] = await Promise.all([
    import("#core/model/pipeline/schema.ts"),
    import("#adapters/cel.ts"),
  ]);
  const parsed = parsePipeline(body);
  if (parsed.errors) return { errors: parsed.errors };
  return { document: parsed.document, errors: checkExpressions(parsed.document) };
}

function nameMistakes(path: string | undefined, body: unknown): InputError[] {
  if (path === undefined) return [];
  const named = PipelineName.safeParse(path);
  if (!named.success) return [{ path: "pipeline", message: named.error.issues[0]?.message ?? "is not a name" }];
  const inside = typeof body === "object" && body !== null && "name" in body ? body.name : undefined;
  return typeof inside === "string" && inside !== path
    ? [{ path: "name", message: `must be ${path}, as in the path, or send it to …/pipelines/${inside}` }]
    : [];
}

const noPipeline = (name = "") => new Refusal("not-found", `There is no pipeline ${name} in this workspace.`);
