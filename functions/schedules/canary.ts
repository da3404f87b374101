import { type ApiClient, apiClient } from "#adapters/http.ts";
import { Refusal } from "#core/errors.ts";
import type { KeyPlace } from "#core/operations/begin-fleet.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { tellFigures } from "../figures.ts";

/** What begins a canary's name; whatever is called so may be deleted by the next one. */
const NAME = "canary-";

/** Longer than any of our promises; what takes longer has failed. */
const PATIENCE_MS = 120_000;

interface Accepted {
  readonly network: { readonly id: string };
  readonly operation: { readonly id: string };
}
interface Operation {
  readonly state: string;
  readonly error?: { readonly detail: string } | null;
}

/**
 * Does what a customer does, through the public door: creates a network, waits until a node could connect, deletes it, waits until it
 * is gone. Writes how long each took as a metric, and fails in one sentence. What an earlier one left behind is cleared first.
 */
export const canary = (deps: Dependencies, region: { readonly canaryKey: KeyPlace }) => async (): Promise<void> => {
  const { clock, issuer } = deps;
  const bearer = async () => (await region.canaryKey.read()) ?? "";
  const api = apiClient({ url: issuer, bearer });
  try {
    const left = await api.call<{ items: { id: string; name: string }[] }>({
      path: `/v1/orgs/default/networks?q=${NAME}&limit=20`,
    });
    for (const { id, name } of left.body.items) if (name.startsWith(NAME)) await remove(deps, api, id);

    const began = clock.now();
    const { body: made } = await api.call<Accepted>({
      method: "POST",
      path: "/v1/orgs/default/networks?wait=20",
      body: { name: `${NAME}${began}` },
    });
    await settled(deps, api, made.operation.id);
    const ready = clock.now();
    await remove(deps, api, made.network.id);
    tellFigures("canary", { createMs: ready - began, deleteMs: clock.now() - ready }, began);
  } finally {
    api.close();
  }
};

async function remove(deps: Dependencies, api: ApiClient, id: string): Promise<void> {
  try {
    const { body } = await api.call<Accepted>({
      method: "DELETE",
      path: `/v1/networks/${id}?wait=20`,
      headers: { "if-match": "*" },
    });
    await settled(deps, api, body.operation.id);
  } catch (error) {
    if (!(error instanceof Refusal) || error.kind !== "not-found") throw error;
  }
}

async function settled({ clock }: Dependencies, api: ApiClient, operation: string): Promise<void> {
  for (const end = clock.now() + PATIENCE_MS; clock.now() < end; ) {
    const { body } = await api.call<Operation>({ path: `/v1/operations/${operation}?wait=20` });
    if (body.state === "succeeded") return;
    if (body.state !== "pending" && body.state !== "running")
      throw new Error(`The canary's ${operation} ended as ${body.state}: ${body.error?.detail ?? "without a reason"}`);
  }
  throw new Error(`The canary's ${operation} was not done within ${PATIENCE_MS / 1_000} s.`);
}
