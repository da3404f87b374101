import { controlPlaneRoutes as routes } from "#core/api.ts";
import { cordonCell as cordon, uncordonCell as uncordon, updateCell as update } from "#core/operations/command-cell.ts";
import { deleteCell as remove } from "#core/operations/delete-cell.ts";
import { joinCell } from "#core/operations/join-cell.ts";
import { listFindings } from "#core/operations/list-findings.ts";
import { listCells as list, readCell } from "#core/operations/read-cell.ts";
import { registerCell } from "#core/operations/register-cell.ts";
import { endpoint } from "../endpoint.ts";
import { idempotencyKeyOf } from "../idempotency-key.ts";
import { paged } from "../paged.ts";
import { versioned } from "../versioned.ts";

export const createCell = endpoint(routes.createCell, async (deps, { caller, body, headers }) => {
  const registered = await registerCell(deps, caller, { spec: body, idempotencyKey: idempotencyKeyOf(headers) });
  return { body: registered, headers: { location: `/v1/cells/${registered.cell.id}` } };
});

export const listCells = endpoint(routes.listCells, (deps, { caller, query }) =>
  paged(deps, "cells", query, (page) => list(deps, caller, page)),
);

export const getCell = endpoint(routes.getCell, async (deps, { caller, params }) =>
  versioned(await readCell(deps, caller, params.cell ?? "")),
);

export const updateCell = endpoint(routes.updateCell, async (deps, { caller, params, body, headers }) =>
  versioned(await update(deps, caller, { id: params.cell ?? "", patch: body, ifMatch: headers["if-match"] })),
);

export const deleteCell = endpoint(routes.deleteCell, async (deps, { caller, params, headers }) => ({
  body: await remove(deps, caller, { id: params.cell ?? "", ifMatch: headers["if-match"] }),
}));

export const cordonCell = endpoint(routes.cordonCell, async (deps, { caller, params, body }) =>
  versioned(await cordon(deps, caller, { id: params.cell ?? "", reason: body.reason })),
);

export const uncordonCell = endpoint(routes.uncordonCell, async (deps, { caller, params }) =>
  versioned(await uncordon(deps, caller, params.cell ?? "")),
);

export const listCellOrphans = endpoint(routes.listCellOrphans, (deps, { caller, params, query }) =>
  paged(deps, `cells/${params.cell}/orphans`, query, (page) => listFindings(deps, caller, params.cell ?? "", page)),
);

export const join = endpoint(routes.join, async (deps, { body }) => ({ body: await joinCell(deps, body) }));
