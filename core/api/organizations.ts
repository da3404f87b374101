import { OrganizationPatch, OrganizationSpec } from "../model/organization.ts";
import { OrganizationAnswer, OrganizationsAnswer } from "./answers.ts";
import { NoQuery, PageQuery, type Route } from "./route.ts";

const path = "/v1/orgs/{org}";

export const organizationRoutes = {
  createOrganization: {
    summary: "Make an organization, and own it",
    answer: OrganizationAnswer,
    etag: "answer",
    repeatable: true,
    errors: ["name-taken", "quota-exceeded"],
    examples: { "with a name": { slug: "acme", name: "Acme" } },
    ...{ method: "POST", path: "/v1/orgs", action: "organizations.create" },
    ...{ query: NoQuery, body: OrganizationSpec, status: 201 },
  },
  listOrganizations: {
    summary: "The organizations one belongs to",
    answer: OrganizationsAnswer,
    method: "GET",
    path: "/v1/orgs",
    action: "organizations.list",
    query: PageQuery,
    status: 200,
  },
  getOrganization: {
    summary: "An organization",
    answer: OrganizationAnswer,
    etag: "answer",
    method: "GET",
    path,
    action: "organization.read",
    query: NoQuery,
    status: 200,
  },
  updateOrganization: {
    summary: "Rename an organization, or change its slug",
    answer: OrganizationAnswer,
    etag: "change",
    errors: ["name-taken"],
    examples: { "another name": { name: "Acme Industries" } },
    ...{ method: "PATCH", path, action: "organization.write" },
    ...{ query: NoQuery, body: OrganizationPatch, status: 200 },
  },
  deleteOrganization: {
    summary: "Delete an organization that has no networks",
    etag: "required",
    errors: ["not-possible-now"],
    method: "DELETE",
    path,
    action: "organization.delete",
    query: NoQuery,
    status: 204,
  },
} as const satisfies Record<string, Route>;
