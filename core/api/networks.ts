import * as z from "zod";
import { NetworkSpec } from "../model/network.ts";
import { Role } from "../model/role.ts";
import { NoQuery, PageQuery, type Route, WaitQuery } from "./route.ts";

export const TokenRequest = z.strictObject({ role: Role.optional() });

export const networkRoutes = {
  createNetwork: {
    method: "POST",
    path: "/v1/orgs/{org}/networks",
    query: WaitQuery,
    body: NetworkSpec,
    signedIn: true,
    status: 202,
  },
  listNetworks: { method: "GET", path: "/v1/orgs/{org}/networks", query: PageQuery, signedIn: true, status: 200 },
  getNetwork: { method: "GET", path: "/v1/networks/{net}", query: NoQuery, signedIn: true, status: 200 },
  deleteNetwork: { method: "DELETE", path: "/v1/networks/{net}", query: WaitQuery, signedIn: true, status: 202 },
  createNetworkToken: {
    method: "POST",
    path: "/v1/networks/{net}/token",
    query: NoQuery,
    body: TokenRequest,
    bodyOptional: true,
    signedIn: true,
    status: 201,
  },
} as const satisfies Record<string, Route>;
