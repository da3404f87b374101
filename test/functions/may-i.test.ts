import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { controlPlaneRoutes, type Route } from "#core/api.ts";
import type { NetworkId } from "#core/model/ids.ts";
import { BUILT_IN_RELEASE } from "#core/model/release.ts";
import { type Role, roles } from "#core/model/role.ts";
import { plannedRollout } from "#core/model/rollout/rollout.ts";
import { RolloutSpec } from "#core/model/rollout/spec.ts";
import { aKey, aMember, aNetwork, anApi, anOrganization, type CallApi, testPeople } from "../an-api.ts";
import { aControlPlane, type TestControlPlane } from "../control-plane.ts";

/** The weakest who may: anybody, whoever is signed in, a role in the organization, or the platform's operators. */
type Weakest = "anybody" | "signed in" | Role | "platform";

/**
 * Who may call each route, and whether a key for one network may do it there. A route without a row fails: whoever adds one decides
 * here who may call it.
 */
const table: Readonly<Record<string, readonly [Weakest, "of a network"?]>> = {
  getHealth: ["anybody"],
  getReadiness: ["anybody"],
  getOpenApi: ["anybody"],
  join: ["anybody"],

  getMe: ["signed in"],
  createOrganization: ["signed in"],
  listOrganizations: ["signed in"],

  getOrganization: ["viewer"],
  updateOrganization: ["admin"],
  deleteOrganization: ["owner"],
  inviteMember: ["admin"],
  listMembers: ["viewer"],
  getMember: ["viewer"],
  updateMember: ["admin"],
  removeMember: ["admin"],
  createKey: ["operator"],
  listKeys: ["operator"],
  getKey: ["operator"],
  rotateKey: ["operator"],
  revokeKey: ["operator"],
  getQuota: ["viewer"],
  getUsage: ["viewer"],
  putQuota: ["platform"],
  listAudit: ["admin"],

  createNetwork: ["operator"],
  listNetworks: ["viewer"],
  getNetwork: ["viewer", "of a network"],
  updateNetwork: ["operator", "of a network"],
  deleteNetwork: ["operator", "of a network"],
  explainNetwork: ["viewer", "of a network"],
  listNetworkOperations: ["viewer", "of a network"],
  listNetworkEvents: ["viewer", "of a network"],
  rotateSecrets: ["operator", "of a network"],
  deferUpdate: ["operator", "of a network"],
  getAccess: ["operator", "of a network"],
  putAccess: ["admin", "of a network"],
  createNetworkToken: ["viewer", "of a network"],
  getOperation: ["viewer", "of a network"],
  explainOperation: ["viewer", "of a network"],
  retryOperation: ["operator", "of a network"],
  cancelOperation: ["operator", "of a network"],

  publishRelease: ["platform"],
  listReleases: ["signed in"],
  getRelease: ["signed in"],
  promoteRelease: ["platform"],
  withdrawRelease: ["platform"],

  startRollout: ["platform"],
  listRollouts: ["platform"],
  getRollout: ["platform"],
  listRolloutTargets: ["platform"],
  explainRollout: ["platform"],
  reportRollout: ["platform"],
  paceRollout: ["platform"],
  pauseRollout: ["platform"],
  resumeRollout: ["platform"],
  abortRollout: ["platform"],
  rollBackRollout: ["platform"],
  retryFailedRollout: ["platform"],
  approveRollout: ["platform"],
  createFreeze: ["platform"],
  listFreezes: ["platform"],
  deleteFreeze: ["platform"],

  listFleet: ["platform"],
  createCell: ["platform"],
  listCells: ["platform"],
  getCell: ["platform"],
  updateCell: ["platform"],
  deleteCell: ["platform"],
  cordonCell: ["platform"],
  uncordonCell: ["platform"],
  listCellOrphans: ["platform"],
  forceOperation: ["platform"],
  listCellNetworks: ["platform"],
};

/** Somebody, and what they are to the organization whose things are asked for. */
interface Somebody {
  readonly bearer: string | undefined;
  readonly role?: Role;
  readonly platform?: true;
  /** A key for the network that is asked for, or for another one. */
  readonly network?: "this" | "another";
}

const strength = [...roles].reverse();

/** What the table says of somebody: what they get where they may is anything but a refusal of who they are. */
function expected(
  [weakest, ofNetwork]: readonly [Weakest, "of a network"?],
  who: Somebody,
): 401 | 403 | 404 | "let in" {
  if (weakest === "anybody") return "let in";
  if (!who.bearer) return 401;
  if (who.platform || weakest === "signed in") return "let in";
  if (weakest === "platform") return 403;
  if (!who.role) return 404;
  if (who.network && !ofNetwork) return 403;
  if (who.network === "another") return 404;
  return strength.indexOf(who.role) >= strength.indexOf(weakest) ? "let in" : 403;
}

/** A body that cannot be read and a missing If-Match come after the door: whoever is let in changes nothing here. */
const letIn = [200, 204, 400, 428];

describe("who may call a route", () => {
  const people = testPeople();
  const crowd: Record<string, Somebody> = {};
  let plane: TestControlPlane;
  let call: CallApi;
  let own: Record<string, string>;

  beforeAll(async () => {
    plane = await aControlPlane({ people });
    call = anApi(plane);
    const { org } = plane.caller;
    const other = await anOrganization(plane, "other");
    const operator = await aKey(plane, { platform: true });
    const net = await aNetwork(call, org, "asked-for", operator);
    const another = await aNetwork(call, org, "another", operator);
    const [newest] = await plane.store.list("operations-of-network", net, { limit: 1 });
    const cell = await plane.addCell();
    const subject = await aMember(call, {
      admin: operator,
      token: people.person("x"),
      email: "x@example.com",
      org,
      role: "viewer",
    });
    const key = await aKey(plane, { role: "viewer" });
    const rollout = plannedRollout({
      id: plane.deps.ids.next("rol"),
      spec: RolloutSpec.parse({ change: { release: BUILT_IN_RELEASE } }),
      actor: "test",
      reason: "asked for",
      now: Date.now(),
    });
    await plane.store.commit([{ write: "put", was: 0, kind: "rollout", value: rollout }]);
    own = {
      rol: rollout.id,
      frz: plane.deps.ids.next("frz"),
      org,
      net,
      op: newest?.id ?? "",
      cell: cell.id,
      member: subject,
      key: key.slice(0, 16),
      version: BUILT_IN_RELEASE,
    };

    crowd.nobody = { bearer: undefined };
    crowd["an operator of the platform by key"] = { bearer: operator, platform: true };
    crowd["an operator of the platform in person"] = {
      bearer: people.person("op", { platform: true }),
      platform: true,
    };
    crowd["somebody who belongs nowhere"] = { bearer: people.person("lonely") };
    for (const role of roles) {
      crowd[`a key as ${role}`] = { bearer: await aKey(plane, { role }), role };
      crowd[`a key as ${role} of another organization`] = { bearer: await aKey(plane, { role, org: other }) };
      const only = (networks: NetworkId[]) => aKey(plane, { role, networks });
      crowd[`a key as ${role} for this network`] = { bearer: await only([net]), role, network: "this" };
      crowd[`a key as ${role} for another network`] = { bearer: await only([another]), role, network: "another" };
      for (const [where, at] of [
        ["", org],
        [" of another organization", other],
      ] as const) {
        const name = `${role}-${at}`;
        const token = people.person(name);
        await aMember(call, { admin: operator, token, email: `${name}@example.com`, org: at, role });
        crowd[`a person as ${role}${where}`] = { bearer: token, ...(at === org ? { role } : {}) };
      }
    }
  });
  afterAll(() => plane.close());

  const ask = (route: Route, params: Record<string, string>, bearer: string | undefined) => {
    const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? `no-${name}`);
    return call(route.method, path, { bearer, ...(route.body ? { raw: "{" } : {}) });
  };

  it.each(Object.entries<Route>(controlPlaneRoutes))("%s is for those whom the table names", async (name, route) => {
    const row = table[name];
    if (!row) throw new Error(`Add a row for ${name}: who may call it?`);
    const answers = await Promise.all(
      Object.entries(crowd).map(async ([who, somebody]) => {
        const { status } = await ask(route, own, somebody.bearer);
        return [who, letIn.includes(status) ? "let in" : status] as const;
      }),
    );
    expect(Object.fromEntries(answers)).toEqual(
      Object.fromEntries(Object.entries(crowd).map(([who, somebody]) => [who, expected(row, somebody)])),
    );
  });

  it("has a row for no route that is gone", () => {
    expect(Object.keys(table).filter((name) => !(name in controlPlaneRoutes))).toEqual([]);
  });

  const absent = {
    org: "org_00000000000000000000000000",
    net: "net_00000000000000000000000000",
    op: "op_00000000000000000000000000",
    cell: "cel_00000000000000000000000000",
    member: "mem_00000000000000000000000000",
    key: "cpk_ffffffffffff",
  };
  const ofAnOrganization = Object.entries<Route>(controlPlaneRoutes).filter(([, { path }]) =>
    /\{(org|net|op)\}/.test(path),
  );

  it.each(ofAnOrganization)("%s answers a stranger alike, whether it is there or not", async (_name, route) => {
    for (const who of ["a key as owner of another organization", "a person as owner of another organization"]) {
      const bearer = crowd[who]?.bearer;
      const [foreign, missing] = await Promise.all([ask(route, own, bearer), ask(route, absent, bearer)]);
      const neutral = (text: string, ids: Record<string, string>) =>
        Object.values(ids).reduce((rest, id) => rest.replaceAll(id, "…"), text);
      expect(neutral(JSON.stringify(foreign.json), own)).toBe(neutral(JSON.stringify(missing.json), absent));
      expect([...foreign.headers.keys()]).toEqual([...missing.headers.keys()]);
    }
  });

  it.each(ofAnOrganization)(
    "%s does the same reads for what is a stranger's and what is not there",
    async (_name, route) => {
      const { store } = plane.deps;
      const reads: string[] = [];
      const watched = { ...plane.deps, store: { ...store } };
      for (const method of ["get", "getMany", "list", "countOf"] as const)
        watched.store[method] = ((...args: never[]) => {
          reads.push(`${method} ${args[0]}`);
          return (store[method] as (...given: never[]) => Promise<never>)(...args);
        }) as never;
      const bearer = crowd["a key as owner of another organization"]?.bearer;
      const path = (params: Record<string, string>) =>
        route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? "");
      const count = async (params: Record<string, string>) => {
        const api = anApi({ deps: watched });
        await api(route.method, path(absent), { bearer, ...(route.body ? { raw: "{" } : {}) });
        reads.length = 0;
        await api(route.method, path(params), { bearer, ...(route.body ? { raw: "{" } : {}) });
        return [...reads];
      };
      expect(await count(own)).toEqual(await count(absent));
    },
  );
});
