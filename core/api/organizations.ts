import { OrganizationPatch, OrganizationSpec } from "../model/organization.ts";
import { NoQuery, PageQuery, type Route } from "./route.ts";

const path = "/v1/orgs/{org}";

export const organizationRoutes = {
  createOrganization: {
    ...{ method: "POST", path: "/v1/orgs", action: "organizations.create" },
    ...{ query: NoQuery, body: OrganizationSpec, status: 201 },
  },
  listOrganizations: { method: "GET", path: "/v1/orgs", action: "organizations.list", query: PageQuery, status: 200 },
  getOrganization: { method: "GET", path, action: "organization.read", query: NoQuery, status: 200 },
  updateOrganization: {
    ...{ method: "PATCH", path, action: "organization.write" },
    ...{ query: NoQuery, body: OrganizationPatch, status: 200 },
  },
  deleteOrganization: { method: "DELETE", path, action: "organization.delete", query: NoQuery, status: 204 },
} as const satisfies Record<string, Route>;
