import { ApiKeySpec, RotationSpec } from "../model/api-key.ts";
import { NoQuery, PageQuery, type Route } from "./route.ts";

const path = "/v1/orgs/{org}/keys";
const one = `${path}/{key}` as const;

export const keyRoutes = {
  createKey: { method: "POST", path, action: "keys.write", query: NoQuery, body: ApiKeySpec, status: 201 },
  listKeys: { method: "GET", path, action: "keys.read", query: PageQuery, status: 200 },
  getKey: { method: "GET", path: one, action: "keys.read", query: NoQuery, status: 200 },
  rotateKey: {
    method: "POST",
    path: `${one}/rotate`,
    action: "keys.write",
    query: NoQuery,
    body: RotationSpec,
    bodyOptional: true,
    status: 201,
  },
  revokeKey: { method: "DELETE", path: one, action: "keys.write", query: NoQuery, status: 204 },
} as const satisfies Record<string, Route>;
