import { controlPlaneRoutes as routes } from "#core/api.ts";
import { Refusal } from "#core/errors.ts";
import { endpoint } from "../endpoint.ts";

/** The process answers. */
export const getHealth = endpoint(routes.getHealth, async () => ({ body: { status: "ok" } }));

/** It can do its work: the intent store answers, and has begun. */
export const getReadiness = endpoint(routes.getReadiness, async ({ store }) => {
  const fleet = await store.get("fleet", "fleet").catch((cause: unknown) => {
    throw new Refusal("not-ready", "The intent store does not answer.", { cause });
  });
  if (!fleet) throw new Refusal("not-ready", "The first start is not done yet.");
  return { body: { status: "ready" } };
});
