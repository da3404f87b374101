import * as z from "zod";
import { NetworkSpec, Phase } from "../model/network.ts";
import { Role } from "../model/role.ts";
import { NoQuery, PageQuery, type Route, WaitQuery } from "./route.ts";

export const TokenRequest = z.strictObject({ role: Role.optional() });

/** A merge patch: what it makes of the network is judged, not the patch itself. */
export const NetworkPatch = z.looseObject({});

/** Filters of a list of networks. What no index serves reads more pages; the answer says how many networks were looked at. */
export const NetworkListQuery = PageQuery.extend({
  selector: z.string().max(4_096).optional(),
  phase: Phase.optional(),
  region: z.string().max(64).optional(),
  cell: z.string().max(64).optional(),
  release: z.string().max(64).optional(),
  q: z.string().min(1).max(63).optional(),
  sort: z.enum(["createdAt", "name"]).default("createdAt"),
});

export const networkRoutes = {
  createNetwork: {
    method: "POST",
    path: "/v1/orgs/{org}/networks",
    query: WaitQuery,
    body: NetworkSpec,
    action: "networks.create",
    status: 202,
  },
  listNetworks: {
    method: "GET",
    path: "/v1/orgs/{org}/networks",
    query: NetworkListQuery,
    action: "networks.list",
    status: 200,
  },
  getNetwork: { method: "GET", path: "/v1/networks/{net}", query: NoQuery, action: "networks.read", status: 200 },
  listFleet: { method: "GET", path: "/v1/networks", query: NetworkListQuery, action: "fleet.read", status: 200 },
  updateNetwork: {
    method: "PATCH",
    path: "/v1/networks/{net}",
    query: WaitQuery,
    body: NetworkPatch,
    action: "networks.write",
    status: 202,
  },
  explainNetwork: {
    method: "GET",
    path: "/v1/networks/{net}/explain",
    query: NoQuery,
    action: "networks.read",
    status: 200,
  },
  listNetworkOperations: {
    method: "GET",
    path: "/v1/networks/{net}/operations",
    query: PageQuery,
    action: "networks.history",
    status: 200,
  },
  listNetworkEvents: {
    method: "GET",
    path: "/v1/networks/{net}/events",
    query: PageQuery,
    action: "networks.history",
    status: 200,
  },
  deleteNetwork: {
    method: "DELETE",
    path: "/v1/networks/{net}",
    query: WaitQuery,
    action: "networks.delete",
    status: 202,
  },
  createNetworkToken: {
    method: "POST",
    path: "/v1/networks/{net}/token",
    query: NoQuery,
    body: TokenRequest,
    bodyOptional: true,
    action: "networks.token",
    status: 201,
  },
} as const satisfies Record<string, Route>;
