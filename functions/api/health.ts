import { controlPlaneRoutes as routes } from "#core/api.ts";
import { endpoint } from "../endpoint.ts";

/** The process answers. */
export const getHealth = endpoint(routes.getHealth, async () => ({ body: { status: "ok" } }));

/** It can do its work: the intent store answers. */
export const getReadiness = endpoint(routes.getReadiness, async ({ store }) => {
  await store.get("fleet", "fleet");
  return { body: { status: "ready" } };
});
