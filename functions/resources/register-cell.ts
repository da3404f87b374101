import { randomUUID } from "node:crypto";
import type { CloudFormationCustomResourceEvent } from "aws-lambda";
import * as z from "zod";
import type { ClusterSecret } from "#adapters/eks/cluster-secret.ts";
import { type ApiClient, apiClient } from "#adapters/http.ts";
import { Refusal } from "#core/errors.ts";
import { CellSpec } from "#core/model/cell.ts";
import { decideRegistration } from "#core/model/cell-registration.ts";
import type { CellView } from "#core/model/cell-view.ts";
import { parse } from "#core/model/parse.ts";
import type { Clock, Log } from "#core/ports.ts";
import { customResource, type Made } from "../custom-resource.ts";

/** A Secret of the cell's cluster, as the template names it. */
const JoinSecret = z.object({
  cluster: z.string(),
  endpoint: z.url(),
  /** As EKS puts it out: base64 of the PEM. */
  caData: z.base64(),
  namespace: z.string(),
  name: z.string(),
});
export type JoinSecret = z.infer<typeof JoinSecret>;

/** What the template says of the cell. CloudFormation makes a text of every number. */
const Properties = z.object({
  controlPlane: z.url(),
  /** Name of the secret that holds a key of the platform's operators. */
  keySecret: z.string(),
  cell: z.strictObject({
    name: CellSpec.shape.name,
    region: z.string(),
    labels: z.record(z.string(), z.string()),
    limits: z.strictObject({ networks: z.coerce.number() }),
  }),
  joinSecret: JoinSecret,
});
type Properties = z.infer<typeof Properties>;

export interface CellDeps {
  readonly clock: Clock;
  readonly log: Log;
  readSecret(name: string): Promise<string>;
  joinSecret(place: JoinSecret): ClusterSecret;
}

/** By this label a cell says which cluster it is, so that a second stack does not take it for its own. */
const CLUSTER = "eks";

/**
 * The resource of a cell's stack that makes the cell known, and lays its join token where the agent waits for it: from the control
 * plane's answer straight into the cluster, past the template and every log. Each event may come twice. A cell with networks does not
 * go: the stack's deletion ends here, before anything of the cell is taken away.
 */
export const registerCell = (deps: CellDeps) =>
  customResource(deps.log, async (event) => {
    const properties = parse(Properties, event.ResourceProperties);
    const api = apiClient({
      url: properties.controlPlane,
      bearer: () => deps.readSecret(properties.keySecret),
    });
    try {
      return await act(deps, api, event, properties);
    } finally {
      api.close();
    }
  });

async function act(
  deps: CellDeps,
  api: ApiClient,
  event: CloudFormationCustomResourceEvent,
  { cell, joinSecret }: Properties,
): Promise<Made> {
  const spec = parse(CellSpec, { ...cell, labels: { ...cell.labels, [CLUSTER]: joinSecret.cluster } });
  const known = await cellNamed(api, spec.name);
  const isOurs = known?.labels[CLUSTER] === joinSecret.cluster;
  if (event.RequestType === "Delete") {
    if (known && isOurs) await forget(api, known);
    return { physicalId: event.PhysicalResourceId };
  }
  if (known && !isOurs)
    throw new Error(`There is a cell ${spec.name} already, which is not this cluster. Choose another name.`);

  const secret = deps.joinSecret(joinSecret);
  const now = deps.clock.now();
  const madeAt = known && known.url === null ? await secret.madeAt() : undefined;
  const tokenAgeMs = madeAt === undefined ? undefined : now - madeAt;
  const decision = decideRegistration({ known, tokenAgeMs });
  deps.log("info", "cell registration", { cell: spec.name, decision });
  if (known && (decision === "joined" || decision === "use-token")) {
    await bringUpToDate(api, known, spec);
    return madeOf(known);
  }
  if (known) await forget(api, known);
  const { body } = await api.call<{ cell: CellView; joinToken: string }>({
    method: "POST",
    path: "/v1/cells",
    headers: { "idempotency-key": randomUUID() },
    body: spec,
  });
  await secret.keep({ token: body.joinToken }, now);
  return madeOf(body.cell);
}

/** The name is who it is to CloudFormation: another one is another cell, and the one before is deleted afterwards. */
const madeOf = ({ id, name }: CellView): Made => ({ physicalId: name, attributes: { Id: id } });

async function cellNamed(api: ApiClient, name: string): Promise<CellView | undefined> {
  for (let cursor = ""; ; ) {
    const { body } = await api.call<{ items: CellView[]; next?: string }>({ path: `/v1/cells?limit=200${cursor}` });
    const found = body.items.find((cell) => cell.name === name);
    if (found || body.next === undefined) return found;
    cursor = `&cursor=${encodeURIComponent(body.next)}`;
  }
}

/** Labels and limits follow the template; a label that it names no more goes. */
async function bringUpToDate(api: ApiClient, known: CellView, { labels, limits }: CellSpec): Promise<void> {
  const gone = Object.keys(known.labels).filter((label) => !(label in labels));
  await api.call({
    method: "PATCH",
    path: `/v1/cells/${known.id}`,
    headers: { "if-match": "*" },
    body: { labels: { ...labels, ...Object.fromEntries(gone.map((label) => [label, null])) }, limits },
    contentType: "application/merge-patch+json",
  });
}

async function forget(api: ApiClient, { id }: CellView): Promise<void> {
  try {
    await api.call({ method: "DELETE", path: `/v1/cells/${id}`, headers: { "if-match": "*" } });
  } catch (error) {
    if (!(error instanceof Refusal) || error.kind !== "not-found") throw error;
  }
}
