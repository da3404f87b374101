import { ApiKeySpec, RotationSpec } from "../model/api-key.ts";
import { IssuedKeyAnswer, KeyAnswer, KeysAnswer } from "./answers.ts";
import { NoQuery, PageQuery, type Route } from "./route.ts";

const path = "/v1/orgs/{org}/keys";
const one = `${path}/{key}` as const;

export const keyRoutes = {
  createKey: {
    summary: "Make an API key; its secret is shown this once",
    answer: IssuedKeyAnswer,
    etag: "answer",
    repeatable: true,
    errors: ["quota-exceeded", "secret-already-shown"],
    examples: {
      "for one place": { name: "ci", role: "operator", cidrs: ["203.0.113.0/24"] },
      simple: { name: "laptop", role: "viewer" },
    },
    method: "POST",
    path,
    action: "keys.write",
    query: NoQuery,
    body: ApiKeySpec,
    status: 201,
  },
  listKeys: {
    summary: "The API keys of an organization",
    answer: KeysAnswer,
    method: "GET",
    path,
    action: "keys.read",
    query: PageQuery,
    status: 200,
  },
  getKey: {
    summary: "An API key",
    answer: KeyAnswer,
    etag: "answer",
    method: "GET",
    path: one,
    action: "keys.read",
    query: NoQuery,
    status: 200,
  },
  rotateKey: {
    summary: "Make the next key; the old one works on for the overlap",
    answer: IssuedKeyAnswer,
    etag: "answer",
    repeatable: true,
    errors: ["not-possible-now", "quota-exceeded", "secret-already-shown"],
    examples: { "two days": { overlap: "48h" } },
    method: "POST",
    path: `${one}/rotate`,
    action: "keys.write",
    query: NoQuery,
    body: RotationSpec,
    bodyOptional: true,
    status: 201,
  },
  revokeKey: {
    summary: "End an API key at once",
    etag: "required",
    method: "DELETE",
    path: one,
    action: "keys.write",
    query: NoQuery,
    status: 204,
  },
} as const satisfies Record<string, Route>;
