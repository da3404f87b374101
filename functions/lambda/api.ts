import { apiHandler } from "../api.ts";
import { lambda } from "../deps.ts";

export const handler = lambda((deps, { origins }) => apiHandler(deps, { origins }), "everywhere");
