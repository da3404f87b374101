import { Invitation, MemberPatch } from "../model/member.ts";
import { NoQuery, PageQuery, type Route } from "./route.ts";

const path = "/v1/orgs/{org}/members";
const one = `${path}/{member}` as const;

export const memberRoutes = {
  inviteMember: {
    method: "POST",
    path,
    action: "members.write",
    query: NoQuery,
    body: Invitation,
    status: 201,
  },
  listMembers: { method: "GET", path, action: "members.read", query: PageQuery, status: 200 },
  getMember: { method: "GET", path: one, action: "members.read", query: NoQuery, status: 200 },
  updateMember: {
    method: "PATCH",
    path: one,
    action: "members.write",
    query: NoQuery,
    body: MemberPatch,
    status: 200,
  },
  removeMember: { method: "DELETE", path: one, action: "members.leave", query: NoQuery, status: 204 },
} as const satisfies Record<string, Route>;
