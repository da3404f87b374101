import { hasEnded } from "../model/operation.ts";
import type { Caller } from "../model/organization.ts";
import { changeIntent, expectNotDeleting } from "./change-intent.ts";
import type { Accepted } from "./create-network.ts";
import type { Dependencies } from "./dependencies.ts";

/**
 * POST /v1/networks/{net}/rotate-secrets: asks its cell for new secrets by one more in a counter, so the control plane never sees one.
 * A repeat while that is under way answers with the operation that does it.
 */
export const rotateSecrets = (deps: Dependencies, caller: Caller, id: string): Promise<Accepted> =>
  changeIntent(deps, caller, { id, ifMatch: "*" }, (network, { value: newest }) => {
    expectNotDeleting(network);
    if (newest.kind === "rotate" && !hasEnded(newest)) return undefined;
    return {
      kind: "rotate",
      to: { rotation: (network.rotation ?? 0) + 1 },
      message: `${caller.actor} asked for new secrets for the network ${network.name}.`,
    };
  });
