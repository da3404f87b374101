import { type KeyPlace, beginFleet as operation } from "#core/operations/begin-fleet.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { customResource } from "../custom-resource.ts";

/** The resource of the home's stack that makes what a fleet begins with. Deleting the stack leaves all of it. */
export const beginFleet = (
  deps: Dependencies,
  region: { readonly name: string; readonly adminKey: KeyPlace; readonly canaryKey: KeyPlace },
) =>
  customResource(deps.log, async ({ RequestType }) => {
    if (RequestType !== "Delete")
      await operation(deps, { admin: region.adminKey, canary: region.canaryKey }, region.name);
    return { physicalId: "fleet" };
  });
