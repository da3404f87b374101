import { controlPlaneRoutes as routes } from "#core/api.ts";
import { listAudit as list } from "#core/operations/list-audit.ts";
import { endpoint } from "../endpoint.ts";
import { paged } from "../paged.ts";

export const listAudit = endpoint(routes.listAudit, (deps, { caller, query }) => {
  const { limit, cursor, ...filter } = query;
  return paged(deps, `audit/${caller.org}/${JSON.stringify(filter)}`, query, (page) =>
    list(deps, caller, { ...page, filter }),
  );
});
