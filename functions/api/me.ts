import { controlPlaneRoutes as routes } from "#core/api.ts";
import { readMe } from "#core/operations/read-me.ts";
import { endpoint } from "../endpoint.ts";

export const getMe = endpoint(routes.getMe, async (deps, { caller }) => ({ body: await readMe(deps, caller) }));
