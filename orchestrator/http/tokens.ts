import type { orchestratorRoutes as routes } from "#core/api/orchestrator.ts";
import { Refusal } from "#core/errors.ts";
import type { TokenContent } from "#core/messages.ts";
import { timestampOf } from "#core/model/time.ts";
import { type BootstrapToken, newToken, tokenView } from "#core/model/token.ts";
import type { Act, Called } from "./endpoint.ts";
import { paged } from "./paged.ts";
import type { Served } from "./served.ts";

export const createToken: Act<typeof routes.createToken> = async (served, { caller, from, params, body }) => {
  const { clock, ids, secrets, settings, workspaces } = served;
  const workspace = await workspaces.get(params.ws ?? "");
  const secret = secrets.random();
  const made = { id: ids.next("tok"), secretSha256: secrets.sha256(secret), by: caller.subject, now: clock.now() };
  const token = newToken(body, made);
  await workspace.store.tokens.create(token.id, token);
  const shown = tokenView(token, clock.now());
  const deed = { actor: caller.subject, from, action: "token.create", subject: token.id, after: shown };
  await workspace.audit(deed, ids);
  const content: TokenContent = {
    ...{ u: settings.apiUrl, w: workspace.name, i: token.id, s: secret },
    ...(settings.apiPin === undefined ? {} : { p: settings.apiPin }),
  };
  const whole = `cpt1_${Buffer.from(JSON.stringify(content)).toString("base64url")}`;
  return { body: { token: shown, secret: whole }, secret: true };
};

export const listTokens: Act<typeof routes.listTokens> = async (served, { params, query }) => {
  const { store, name } = await served.workspaces.get(params.ws ?? "");
  const page = paged(served, `tokens/${name}`, query, { all: store.tokens.values(), keyOf: ({ id }) => id });
  return { body: { ...page, items: page.items.map((token) => tokenView(token, served.clock.now())) } };
};

export const getToken: Act<typeof routes.getToken> = async (served, { params }) => {
  const { store } = await served.workspaces.get(params.ws ?? "");
  return { body: tokenView(found(store.tokens.get(params.token ?? ""), params.token), served.clock.now()) };
};

export const pauseToken: Act<typeof routes.pauseToken> = (served, request) =>
  change(served, request, "token.pause", (token) => ({ ...token, paused: true }));

export const resumeToken: Act<typeof routes.resumeToken> = (served, request) =>
  change(served, request, "token.resume", (token) => ({ ...token, paused: false }));

export const revokeToken: Act<typeof routes.revokeToken> = (served, request) =>
  change(served, request, "token.revoke", (token) => ({
    ...token,
    revokedAt: token.revokedAt ?? timestampOf(served.clock.now()),
  }));

export const deleteToken: Act<typeof routes.deleteToken> = async (served, { caller, from, params }) => {
  const workspace = await served.workspaces.get(params.ws ?? "");
  const token = found(workspace.store.tokens.get(params.token ?? ""), params.token);
  await workspace.store.tokens.remove(token.id);
  await workspace.audit(
    { actor: caller.subject, from, action: "token.delete", subject: token.id, after: null },
    served.ids,
  );
  return {};
};

async function change(
  served: Served,
  { caller, from, params }: Called,
  action: string,
  decide: (token: BootstrapToken) => BootstrapToken,
) {
  const workspace = await served.workspaces.get(params.ws ?? "");
  const { id } = found(workspace.store.tokens.get(params.token ?? ""), params.token);
  const changed = found(await workspace.store.tokens.change(id, decide), id);
  const after = tokenView(changed, served.clock.now());
  await workspace.audit({ actor: caller.subject, from, action, subject: id, after }, served.ids);
  return { body: after };
}

function found<T>(token: T | undefined, id: string | undefined): T {
  if (token !== undefined) return token;
  throw new Refusal("not-found", `There is no token ${id} in this workspace.`);
}
