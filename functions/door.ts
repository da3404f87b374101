import type { APIGatewayProxyEventV2 } from "aws-lambda";
import type { Route } from "#core/api.ts";
import { Refusal } from "#core/errors.ts";
import { NetworkId } from "#core/model/ids.ts";
import type { Caller, Principal } from "#core/model/organization.ts";
import { authenticate } from "#core/operations/authenticate.ts";
import { authorize } from "#core/operations/authorize.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { apiCalls } from "./api-calls.ts";
import { keyUses } from "./key-uses.ts";
import { rates } from "./rates.ts";

/** Says what the answer's headers are to say, whatever the answer is. */
export type Tell = (headers: Readonly<Record<string, string>>) => void;

/** Where every request that is not for anybody comes in: who is it, not too often, and may they. */
export type Door = (route: Route, event: APIGatewayProxyEventV2, tell: Tell) => Promise<Caller | Principal>;

/** The one door of an API. It remembers rates and the use of keys for as long as its process lives. */
export function door(deps: Dependencies): Door {
  const count = rates(deps);
  const note = keyUses(deps);
  const meter = apiCalls(deps);
  return async ({ action }, { headers, pathParameters, requestContext }, tell) => {
    const { authorization } = headers;
    const principal = await authenticate(deps, { authorization, from: requestContext.http.sourceIp });
    note(principal);
    const outcome = await settled(authorize(deps.store, principal, action, pathParameters ?? {}));
    // What is refused counts too, so that nobody tries ids without end.
    const rate = await count(principal, outcome.caller);
    tell(rate.headers);
    const refusal = rate.refusal ?? outcome.refusal;
    if (refusal) throw refusal;
    if (outcome.caller) meter(outcome.caller.org, networkOf(pathParameters?.net));
    return outcome.caller ?? principal;
  };
}

/** The network that a path names. */
const networkOf = (net: string | undefined): NetworkId | undefined => NetworkId.safeParse(net).data;

async function settled(
  authorized: Promise<Caller | undefined>,
): Promise<{ readonly caller?: Caller | undefined; readonly refusal?: Refusal }> {
  try {
    return { caller: await authorized };
  } catch (error) {
    if (error instanceof Refusal) return { refusal: error };
    throw error;
  }
}
