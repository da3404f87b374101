import { openApi } from "#core/api/openapi.ts";
import { controlPlaneRoutes as routes } from "#core/api.ts";
import { endpoint } from "../endpoint.ts";

/** Made at the first request: most processes of a function are never asked for it. */
let text: string | undefined;

export const getOpenApi = endpoint(routes.getOpenApi, async () => {
  text ??= JSON.stringify(openApi());
  return { body: undefined, text, headers: { "cache-control": "public, max-age=300" } };
});
