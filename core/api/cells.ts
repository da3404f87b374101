import { CellPatch, CellSpec, CordonRequest } from "../model/cell.ts";
import { JoinRequest } from "./join.ts";
import { NetworkListQuery } from "./networks.ts";
import { NoBody, NoQuery, PageQuery, type Route } from "./route.ts";

export const cellRoutes = {
  createCell: { method: "POST", path: "/v1/cells", query: NoQuery, body: CellSpec, action: "cells.write", status: 201 },
  listCells: { method: "GET", path: "/v1/cells", query: PageQuery, action: "cells.read", status: 200 },
  getCell: { method: "GET", path: "/v1/cells/{cell}", query: NoQuery, action: "cells.read", status: 200 },
  updateCell: {
    method: "PATCH",
    path: "/v1/cells/{cell}",
    query: NoQuery,
    body: CellPatch,
    action: "cells.write",
    status: 200,
  },
  deleteCell: { method: "DELETE", path: "/v1/cells/{cell}", query: NoQuery, action: "cells.write", status: 200 },
  cordonCell: {
    method: "POST",
    path: "/v1/cells/{cell}/cordon",
    query: NoQuery,
    body: CordonRequest,
    bodyOptional: true,
    action: "cells.write",
    status: 200,
  },
  uncordonCell: {
    method: "POST",
    path: "/v1/cells/{cell}/uncordon",
    query: NoQuery,
    body: NoBody,
    bodyOptional: true,
    action: "cells.write",
    status: 200,
  },
  listCellOrphans: {
    method: "GET",
    path: "/v1/cells/{cell}/orphans",
    query: PageQuery,
    action: "cells.read",
    status: 200,
  },
  listCellNetworks: {
    method: "GET",
    path: "/v1/cells/{cell}/networks",
    query: NetworkListQuery,
    action: "cells.read",
    status: 200,
  },
  join: { method: "POST", path: "/v1/join", query: NoQuery, body: JoinRequest, action: "cells.join", status: 200 },
} as const satisfies Record<string, Route>;
