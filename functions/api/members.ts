import { controlPlaneRoutes as routes } from "#core/api.ts";
import { changeMember, removeMember as remove } from "#core/operations/change-member.ts";
import { inviteMember as invite } from "#core/operations/invite-member.ts";
import { listMembers as list, readMember } from "#core/operations/read-members.ts";
import { endpoint } from "../endpoint.ts";
import { idempotencyKeyOf } from "../idempotency-key.ts";
import { paged } from "../paged.ts";
import { versioned } from "../versioned.ts";

export const inviteMember = endpoint(routes.inviteMember, async (deps, { caller, params, body, headers }) => {
  const invited = await invite(deps, caller, {
    org: params.org ?? "",
    invitation: body,
    idempotencyKey: idempotencyKeyOf(headers),
  });
  return versioned(invited, { location: `/v1/orgs/${caller.org}/members/${invited.value.id}` });
});

export const listMembers = endpoint(routes.listMembers, (deps, { caller, params, query }) =>
  paged(deps, `members/${caller.org}`, query, (page) => list(deps, caller, params.org ?? "", page)),
);

export const getMember = endpoint(routes.getMember, async (deps, { caller, params }) =>
  versioned(await readMember(deps, caller, params.member ?? "")),
);

export const updateMember = endpoint(routes.updateMember, async (deps, { caller, params, body, headers }) =>
  versioned(await changeMember(deps, caller, { id: params.member ?? "", patch: body, ifMatch: headers["if-match"] })),
);

export const removeMember = endpoint(routes.removeMember, async (deps, { caller, params, headers }) => ({
  body: await remove(deps, caller, { id: params.member ?? "", ifMatch: headers["if-match"] }),
}));
