import { controlPlaneRoutes as routes } from "#core/api.ts";
import { usageCsv } from "#core/model/usage.ts";
import { exportUsage, readUsage, usageSpan } from "#core/operations/read-usage.ts";
import { endpoint } from "../endpoint.ts";
import { paged } from "../paged.ts";

export const getUsage = endpoint(routes.getUsage, async (deps, { caller, params, query }) => {
  const org = params.org ?? "";
  const span = usageSpan(query, deps.clock.now());
  if (query.format === "csv") {
    const text = usageCsv(await exportUsage(deps, caller, { org, span }));
    const name = `usage-${span.from}-${span.to}.csv`;
    const headers = {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": `attachment; filename="${name}"`,
    };
    return { body: undefined, text, headers };
  }
  return paged(deps, `orgs/${org}/usage?${JSON.stringify(span)}`, query, (page) =>
    readUsage(deps, caller, { org, span }, page),
  );
});
