import { Invitation, MemberPatch } from "../model/member.ts";
import { MemberAnswer, MembersAnswer } from "./answers.ts";
import { NoQuery, PageQuery, type Route } from "./route.ts";

const path = "/v1/orgs/{org}/members";
const one = `${path}/{member}` as const;

export const memberRoutes = {
  inviteMember: {
    summary: "Invite somebody by an e-mail address",
    answer: MemberAnswer,
    etag: "answer",
    repeatable: true,
    errors: ["name-taken", "quota-exceeded"],
    examples: { "an operator": { email: "ada@example.com", role: "operator" } },
    method: "POST",
    path,
    action: "members.write",
    query: NoQuery,
    body: Invitation,
    status: 201,
  },
  listMembers: {
    summary: "The members of an organization",
    answer: MembersAnswer,
    method: "GET",
    path,
    action: "members.read",
    query: PageQuery,
    status: 200,
  },
  getMember: {
    summary: "A member",
    answer: MemberAnswer,
    etag: "answer",
    method: "GET",
    path: one,
    action: "members.read",
    query: NoQuery,
    status: 200,
  },
  updateMember: {
    summary: "Give a member another role",
    answer: MemberAnswer,
    etag: "change",
    errors: ["not-possible-now"],
    examples: { "make an admin": { role: "admin" } },
    method: "PATCH",
    path: one,
    action: "members.write",
    query: NoQuery,
    body: MemberPatch,
    status: 200,
  },
  removeMember: {
    summary: "Take somebody out of an organization, or oneself",
    etag: "required",
    errors: ["not-possible-now"],
    method: "DELETE",
    path: one,
    action: "members.leave",
    query: NoQuery,
    status: 204,
  },
} as const satisfies Record<string, Route>;
