import type { NetworkId, OrganizationId } from "../model/ids.ts";
import { emptyUsage, usageId } from "../model/usage.ts";
import type { Dependencies } from "./dependencies.ts";
import { repeatOnConflict } from "./repeat.ts";

/** Calls of the API that are not recorded yet: to one organization, or about one of its networks, on one day. */
export interface Calls {
  readonly org: OrganizationId;
  readonly network: NetworkId | null;
  readonly day: string;
  readonly calls: number;
}

/** Adds to what is recorded. Each is one conditional write, so that several processes may add at once. */
export async function recordCalls(
  { store }: Pick<Dependencies, "store">,
  { org, network, day, calls }: Calls,
): Promise<void> {
  await repeatOnConflict(async () => {
    const before = await store.get("usage", usageId(org, network, day));
    const name = network === null ? null : ((await store.get("network", network))?.value.name ?? null);
    const usage = before?.value ?? emptyUsage({ org, network, name }, day);
    const value = { ...usage, calls: usage.calls + calls };
    await store.commit([{ write: "put", was: before?.version ?? 0, kind: "usage", value }]);
  });
}
