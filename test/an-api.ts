import { Refusal } from "#core/errors.ts";
import type { NetworkId, OrganizationId } from "#core/model/ids.ts";
import type { ApiKey } from "#core/model/organization.ts";
import type { Role } from "#core/model/role.ts";
import { createOrganization } from "#core/operations/create-organization.ts";
import type { People, Person, Store } from "#core/ports.ts";
import { apiHandler } from "../functions/api.ts";
import { gateway } from "../standalone/control-plane/gateway.ts";
import type { TestControlPlane } from "./control-plane.ts";
import { undescribed } from "./described.ts";

/** The members of answers that tests look into by name. */
export interface Answered {
  readonly id: string;
  readonly email: string;
  readonly role: string;
  readonly state: string;
  readonly action: string;
  readonly at: string;
  readonly lastUsedAt: string | null;
  readonly items: readonly Answered[];
  readonly next?: string;
  readonly key: Answered;
  readonly secret: string;
  readonly network: Answered;
  readonly operation: Answered;
  readonly organizations: readonly Answered[];
  readonly name: string;
  readonly token: string;
  readonly expiresAt: string;
  readonly errors?: readonly { readonly path: string }[];
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Answered;
}

export interface ApiRequest {
  readonly bearer?: string | undefined;
  readonly body?: unknown;
  /** The body as it is, which may be no JSON. */
  readonly raw?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly from?: string;
}

export type CallApi = (method: string, path: string, request?: ApiRequest) => Promise<Reply>;

/** Calls the hosted API as its gateway does, in this process. An answer that the OpenAPI document does not describe is an error. */
export function anApi({ deps }: Pick<TestControlPlane<Store>, "deps">, usualBearer?: string): CallApi {
  const app = gateway(apiHandler(deps));
  return async (method, path, { bearer = usualBearer, body, raw, headers = {}, from = "127.0.0.1" } = {}) => {
    const text = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const init = {
      method,
      headers: {
        // Answers to requests that differ in nothing else are the same.
        "x-request-id": "the-request",
        ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(text === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(text === undefined ? {} : { body: text }),
    };
    const response = await app.request(path, init, { incoming: { socket: { remoteAddress: from } } });
    const answered = await response.text();
    expectDescribed(method, path, response, answered);
    return { status: response.status, headers: response.headers, json: answered ? JSON.parse(answered) : undefined };
  };
}

/** Fails where the OpenAPI document does not say that a request may be answered so. */
export function expectDescribed(method: string, path: string, { status, headers }: Response, text: string): void {
  const wrong = undescribed(method, path, { status, contentType: headers.get("content-type"), text });
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
}

let keys = 0;

/** A key that is in the store, without the API having made it; answers what its owner would present. */
export async function aKey(
  plane: Pick<TestControlPlane<Store>, "deps" | "caller">,
  key: Partial<ApiKey> = {},
): Promise<string> {
  const { store, secrets } = plane.deps;
  keys += 1;
  const id = `cpk_${keys.toString(16).padStart(12, "0")}`;
  const secret = `${id}_${secrets.random()}`;
  const value: ApiKey = {
    id,
    sha256: secrets.sha256(secret),
    name: "test",
    org: plane.caller.org,
    role: "owner",
    platform: false,
    createdAt: "2026-01-01T00:00:00.000Z",
    ...key,
  };
  await store.commit([{ write: "put", was: 0, kind: "api-key", value }]);
  return secret;
}

/** Another organization, made by an operator of the platform. */
export async function anOrganization({ deps, caller }: TestControlPlane<Store>, slug: string): Promise<OrganizationId> {
  const principal = { ...caller, memberships: [{ org: caller.org, role: caller.role }] };
  const { value } = await createOrganization(deps, principal, { spec: { slug }, idempotencyKey: undefined });
  return value.id;
}

export interface TestPeople extends People {
  /** Somebody who can sign in, and the token they do it with. */
  person(name: string, person?: Partial<Person>): string;
}

/** People who sign in without an issuer: for tests of what comes after. */
export function testPeople(): TestPeople {
  const known = new Map<string, Person>();
  return {
    person(name, person = {}) {
      const token = `e30.${name}.sig`;
      const email = `${name}@example.com`;
      known.set(token, { issuer: "https://issuer.test", subject: name, email, name, platform: false, ...person });
      return token;
    },
    async identify(token) {
      const person = known.get(token);
      if (!person) throw new Refusal("unauthenticated", "Nobody has this token.");
      return person;
    },
  };
}

/** Makes somebody who signs in a member. */
export async function aMember(
  call: CallApi,
  { admin, token, email, org, role }: { admin: string; token: string; email: string; org: string; role: Role },
): Promise<string> {
  const { json } = await call("POST", `/v1/orgs/${org}/members`, { bearer: admin, body: { email, role } });
  await call("GET", "/v1/me", { bearer: token });
  return json.id;
}

/** A network in an organization, by the API. */
export async function aNetwork(call: CallApi, org: string, name: string, bearer: string): Promise<NetworkId> {
  const { json } = await call("POST", `/v1/orgs/${org}/networks`, { bearer, body: { name } });
  return json.network.id as NetworkId;
}
