import * as z from "zod";
import { NetworkSpec, Phase } from "../model/network.ts";
import { AccessEntries } from "../model/network-access.ts";
import { Role } from "../model/role.ts";
import { DeferralRequest } from "../model/rollout/defer.ts";
import {
  AcceptedAnswer,
  AccessAnswer,
  ChangedAccessAnswer,
  DeferredAnswer,
  EventsAnswer,
  ExplanationAnswer,
  NetworkAnswer,
  NetworksAnswer,
  NetworkTokenAnswer,
  OperationsAnswer,
} from "./answers.ts";
import { NoBody, NoQuery, PageQuery, type Route, WaitQuery } from "./route.ts";

export const TokenRequest = z.strictObject({ role: Role.optional() });

export const AccessList = z.strictObject({ entries: AccessEntries });

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
    summary: "Ask for a network",
    answer: AcceptedAnswer,
    repeatable: true,
    errors: ["name-taken", "quota-exceeded", "not-possible-now"],
    examples: {
      smallest: { name: "factory-7" },
      "all of it": {
        name: "factory-8",
        region: "local",
        plan: "standard",
        channel: "rapid",
        release: "0.1.0",
        labels: { env: "prod" },
        settings: { heartbeat: "30s" },
        window: null,
      },
    },
    method: "POST",
    path: "/v1/orgs/{org}/networks",
    query: WaitQuery,
    body: NetworkSpec,
    action: "networks.create",
    status: 202,
  },
  listNetworks: {
    summary: "The networks of an organization",
    answer: NetworksAnswer,
    method: "GET",
    path: "/v1/orgs/{org}/networks",
    query: NetworkListQuery,
    action: "networks.list",
    status: 200,
  },
  getNetwork: {
    summary: "A network",
    answer: NetworkAnswer,
    etag: "answer",
    method: "GET",
    path: "/v1/networks/{net}",
    query: NoQuery,
    action: "networks.read",
    status: 200,
  },
  listFleet: {
    summary: "The networks of everybody",
    answer: NetworksAnswer,
    method: "GET",
    path: "/v1/networks",
    query: NetworkListQuery,
    action: "fleet.read",
    status: 200,
  },
  updateNetwork: {
    summary: "Change a network by a merge patch",
    answer: AcceptedAnswer,
    etag: "required",
    errors: ["name-taken", "not-possible-now"],
    examples: { relabel: { labels: { env: "test", team: null } }, settings: { settings: { heartbeat: "1m" } } },
    method: "PATCH",
    path: "/v1/networks/{net}",
    query: WaitQuery,
    body: NetworkPatch,
    action: "networks.write",
    status: 202,
  },
  explainNetwork: {
    summary: "What a network waits for, and why",
    answer: ExplanationAnswer,
    method: "GET",
    path: "/v1/networks/{net}/explain",
    query: NoQuery,
    action: "networks.read",
    status: 200,
  },
  listNetworkOperations: {
    summary: "The operations on a network, newest first, also when it is gone",
    answer: OperationsAnswer,
    method: "GET",
    path: "/v1/networks/{net}/operations",
    query: PageQuery,
    action: "networks.history",
    status: 200,
  },
  listNetworkEvents: {
    summary: "What happened to a network, newest first, also when it is gone",
    answer: EventsAnswer,
    method: "GET",
    path: "/v1/networks/{net}/events",
    query: PageQuery,
    action: "networks.history",
    status: 200,
  },
  deleteNetwork: {
    summary: "Delete a network",
    answer: AcceptedAnswer,
    etag: "required",
    errors: ["not-possible-now"],
    method: "DELETE",
    path: "/v1/networks/{net}",
    query: WaitQuery,
    action: "networks.delete",
    status: 202,
  },
  rotateSecrets: {
    summary: "Make the secrets of a network anew",
    answer: AcceptedAnswer,
    errors: ["not-possible-now"],
    method: "POST",
    path: "/v1/networks/{net}/rotate-secrets",
    query: WaitQuery,
    body: NoBody,
    bodyOptional: true,
    action: "networks.write",
    status: 202,
  },
  deferUpdate: {
    summary: "Put off the updates that rollouts bring, or let them come again",
    answer: DeferredAnswer,
    errors: ["not-possible-now"],
    examples: {
      "over the holidays": { until: "2099-01-07T00:00:00.000Z", reason: "holidays" },
      "let it come": { until: null },
    },
    method: "POST",
    path: "/v1/networks/{net}/defer",
    query: NoQuery,
    body: DeferralRequest,
    action: "networks.write",
    status: 200,
  },
  getAccess: {
    summary: "Who may call a network at its cell, beside the members of its organization",
    answer: AccessAnswer,
    etag: "answer",
    method: "GET",
    path: "/v1/networks/{net}/access",
    query: NoQuery,
    action: "access.read",
    status: 200,
  },
  putAccess: {
    summary: "Say who may call a network at its cell",
    answer: ChangedAccessAnswer,
    etag: "change",
    errors: ["not-possible-now"],
    examples: {
      "an operator of one workspace": {
        entries: [{ subject: "user:usr_01kc0vf4n6p8q0r2s4t6v8w0x2", role: "operator", workspaces: ["default"] }],
      },
    },

    method: "PUT",
    path: "/v1/networks/{net}/access",
    query: NoQuery,
    body: AccessList,
    action: "access.write",
    status: 200,
  },
  createNetworkToken: {
    summary: "A token of 15 minutes that opens this network, straight at its cell",
    answer: NetworkTokenAnswer,
    examples: { "to look": { role: "viewer" } },
    method: "POST",
    path: "/v1/networks/{net}/token",
    query: NoQuery,
    body: TokenRequest,
    bodyOptional: true,
    action: "networks.token",
    status: 201,
  },
} as const satisfies Record<string, Route>;
