import * as z from "zod";
import { CellSpec } from "../model/cell.ts";
import { NetworkSpec } from "../model/network.ts";
import { Role } from "../model/role.ts";
import { JoinRequest } from "./join.ts";

/** The largest body that is read. */
export const BODY_LIMIT_BYTES = 1024 * 1024;

/** How long `?wait` may hold an answer: API Gateway ends a call after 29 s. */
export const LONGEST_WAIT_SECONDS = 20;

const wholeNumber = (from: number, to: number, of: string) =>
  z
    .string()
    .regex(/^\d{1,6}$/, `must be a whole number of ${of}`)
    .transform(Number)
    .refine((value) => value >= from && value <= to, `must be from ${from} to ${to}`);

export const PageQuery = z.strictObject({
  limit: wholeNumber(1, 200, "items").default(50),
  cursor: z.string().min(1).max(1_024).optional(),
});

export const WaitQuery = z.strictObject({ wait: wholeNumber(0, LONGEST_WAIT_SECONDS, "seconds").default(0) });

export const NoQuery = z.strictObject({});

export const TokenRequest = z.strictObject({ role: Role.optional() });

/** One route of the hosted API: what it takes. The endpoint of the same name in `functions/api/` serves it. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With `{name}` for each parameter. */
  readonly path: `/${string}`;
  readonly query: z.ZodType;
  /** Absent where the route takes no body. */
  readonly body?: z.ZodType;
  /** True where a body may be left out. */
  readonly bodyOptional?: boolean;
  /** False only for what anybody may call. */
  readonly signedIn: boolean;
  readonly status: 200 | 201 | 202;
}

export const controlPlaneRoutes = {
  getHealth: { method: "GET", path: "/healthz", query: NoQuery, signedIn: false, status: 200 },
  getReadiness: { method: "GET", path: "/readyz", query: NoQuery, signedIn: false, status: 200 },
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
  getOperation: { method: "GET", path: "/v1/operations/{op}", query: WaitQuery, signedIn: true, status: 200 },
  createCell: { method: "POST", path: "/v1/cells", query: NoQuery, body: CellSpec, signedIn: true, status: 201 },
  listCells: { method: "GET", path: "/v1/cells", query: PageQuery, signedIn: true, status: 200 },
  getCell: { method: "GET", path: "/v1/cells/{cell}", query: NoQuery, signedIn: true, status: 200 },
  join: { method: "POST", path: "/v1/join", query: NoQuery, body: JoinRequest, signedIn: false, status: 200 },
} as const satisfies Record<string, Route>;
