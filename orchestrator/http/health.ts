import type { orchestratorRoutes as routes } from "#core/api/orchestrator.ts";
import { Refusal } from "#core/errors.ts";
import type { Act } from "./endpoint.ts";

/** The process answers. */
export const getHealth: Act<typeof routes.getHealth> = async ({ settings }) => ({
  body: { status: "ok", release: settings.release },
});

/** A node could enrol and connect now. */
export const getReadiness: Act<typeof routes.getReadiness> = async ({ settings, workspaces }) => {
  if (!workspaces.isReady())
    throw new Refusal("not-ready", "The network's broker is not connected. Try again in a moment.");
  return { body: { status: "ready", release: settings.release } };
};
