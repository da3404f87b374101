import * as z from "zod";
import { type ErrorKind, errorKinds } from "../errors.ts";
import { ApiKeyId } from "../model/api-key.ts";
import { idSchema } from "../model/ids.ts";
import { scopeOf } from "../model/may-i.ts";
import { Slug } from "../model/organization.ts";
import { controlPlaneRoutes } from "./control-plane.ts";
import { ProblemDocument, refusalsOf } from "./problem.ts";
import type { Route } from "./route.ts";

type Json = Record<string, unknown>;

/** The OpenAPI 3.1 document of the hosted API, made of its routes and their schemas alone. */
export function openApi(routes: Readonly<Record<string, Route>> = controlPlaneRoutes): Json {
  const schemas: Json = {};
  const responses: Json = {};
  const schemaOf = schemasInto(schemas);
  const making = { schemaOf, responses, problem: schemaOf(ProblemDocument, "output") };
  const paths: Record<string, Json> = {};
  for (const [name, route] of Object.entries(routes)) {
    const item = paths[route.path] ?? {};
    paths[route.path] = item;
    item[route.method.toLowerCase()] = operationOf(name, route, making);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "cellplane",
      version: "1",
      summary: "Networks of nodes, and the cells that they live in.",
      description:
        "Send `Authorization: Bearer` with an API key or an OpenID Connect token. Every list takes `limit` and `cursor`. What is refused answers a problem document (RFC 9457) whose `type` is `urn:cellplane:<kind>` and whose `detail` says what to do. Every answer has an `X-Request-Id`. What will go away is announced by a `Deprecation` header and a `Sunset` date, at least 180 days ahead.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    tags: [...new Set(Object.values(routes).map(tagOf))].map((tag) => ({ name: tag })),
    paths,
    components: {
      schemas,
      responses,
      examples: mapped(errorKinds, (_, kind) => ({ value: problemExample(kind) })),
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "An API key (`cpk_…`) or an OIDC token." },
      },
    },
    security: [{ bearer: [] }],
  };
}

interface Making {
  readonly schemaOf: (schema: z.ZodType, io: "input" | "output") => Json;
  readonly problem: Json;
  /** Responses that several routes share, by name. */
  readonly responses: Json;
}

function operationOf(name: string, route: Route, making: Making): Json {
  const { schemaOf } = making;
  const { summary, action, body, bodyOptional, examples, status, answer, otherFormat } = route;
  const content = {
    ...(answer ? { "application/json": { schema: schemaOf(answer, "output") } } : {}),
    ...(otherFormat ? { [otherFormat]: { schema: { type: "string" } } } : {}),
  };
  return {
    operationId: name,
    summary,
    tags: [tagOf(route)],
    ...(scopeOf(action) === "public" ? { security: [] } : {}),
    parameters: [...pathParameters(route), ...queryParameters(route, schemaOf), ...headerParameters(route)],
    ...(body
      ? {
          requestBody: {
            required: !bodyOptional,
            content: {
              "application/json": {
                schema: schemaOf(body, "input"),
                ...(examples ? { examples: mapped(examples, (value) => ({ value })) } : {}),
              },
            },
          },
        }
      : {}),
    responses: {
      [status]: {
        description: answer ? "Done as asked." : "Done; there is nothing to say.",
        headers: answerHeaders(route),
        ...(Object.keys(content).length > 0 ? { content } : {}),
      },
      ...problemResponses(route, making),
    },
  };
}

/** One response a status, which names every kind of refusal that has it. */
function problemResponses(route: Route, { problem, responses }: Making): Json {
  const byStatus = Map.groupBy(refusalsOf(route), (kind) => errorKinds[kind].status);
  return Object.fromEntries(
    [...byStatus].map(([status, kinds]) => {
      const name = `${status}.${kinds.join(".")}`;
      responses[name] = {
        description: kinds.map((kind) => errorKinds[kind].title).join("; "),
        content: {
          "application/problem+json": {
            schema: {
              allOf: [problem, { properties: { type: { enum: kinds.map((kind) => `urn:cellplane:${kind}`) } } }],
            },
            examples: Object.fromEntries(kinds.map((kind) => [kind, { $ref: `#/components/examples/${kind}` }])),
          },
        },
      };
      return [status, { $ref: `#/components/responses/${name}` }];
    }),
  );
}

const problemExample = (kind: ErrorKind): Json => {
  const { status, retry, title } = errorKinds[kind];
  const detail = "A sentence that says what to do.";
  return { type: `urn:cellplane:${kind}`, title, status, detail, retryable: retry, requestId: "4f1c…" };
};

/** What each `{name}` of a path may be. What has not that form is not found. */
const parameters: Readonly<Record<string, { description: string; pattern?: z.ZodType }>> = {
  org: { description: "Id or slug of an organization", pattern: Slug },
  net: { description: "Id of a network", pattern: idSchema("net") },
  op: { description: "Id of an operation", pattern: idSchema("op") },
  cell: { description: "Id of a cell", pattern: idSchema("cel") },
  rol: { description: "Id of a rollout", pattern: idSchema("rol") },
  frz: { description: "Id of a freeze", pattern: idSchema("frz") },
  member: { description: "Id of a member", pattern: idSchema("mem") },
  key: { description: "Id of a key", pattern: ApiKeyId },
};

const pathParameters = ({ path }: Route): Json[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => {
    const { description = name, pattern } = parameters[name] ?? {};
    const { $schema: _, ...schema } = pattern ? z.toJSONSchema(pattern, { io: "input" }) : { type: "string" };
    // A slug is as good as an id for an organization.
    return { name, in: "path", required: true, description, schema: name === "org" ? { type: "string" } : schema };
  });

function queryParameters({ query }: Route, schemaOf: Making["schemaOf"]): Json[] {
  const { properties = {}, required = [] } = schemaOf(query, "input") as { properties?: Json; required?: string[] };
  return Object.entries(properties).map(([name, schema]) => ({
    ...{ name, in: "query", required: required.includes(name), schema },
  }));
}

const text = { type: "string" };

const headerParameters = ({ etag, repeatable }: Route): Json[] => [
  ...(etag === "change" || etag === "required"
    ? [
        {
          ...{ name: "If-Match", in: "header", required: true, schema: text },
          description: "The ETag that was read, or * for whatever there is.",
        },
      ]
    : []),
  ...(repeatable
    ? [
        {
          ...{ name: "Idempotency-Key", in: "header", required: false, schema: { ...text, maxLength: 255 } },
          description: "A repeat under the same key within 24 h is done once.",
        },
      ]
    : []),
];

const answerHeaders = ({ etag, action }: Route): Json => ({
  "X-Request-Id": { description: "Names this request; the one that was sent, where there was one.", schema: text },
  ...(etag === "answer" || etag === "change" ? { ETag: { schema: text } } : {}),
  ...(scopeOf(action) === "public"
    ? {}
    : { "RateLimit-Remaining": { description: "Requests left in this minute.", schema: text } }),
});

/** Organizations have actions of their own and as something there is one of. */
const tagOf = ({ action }: Route): string => (action.split(".")[0] ?? "").replace(/^organization$/, "organizations");

const mapped = <K extends string, T, U>(record: Readonly<Record<K, T>>, change: (value: T, name: K) => U) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value as T, name as K)]));

/** Makes JSON Schema of zod's; what has a name goes into `schemas` once and is referred to. */
function schemasInto(schemas: Json): Making["schemaOf"] {
  return (schema, io) => {
    // What JSON Schema cannot say is checked all the same.
    const made = z.toJSONSchema(schema, { io, unrepresentable: "any", override: shorten });
    const {
      $schema: _,
      $defs = {},
      ...root
    } = JSON.parse(JSON.stringify(made).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json & { $defs?: Json };
    for (const [name, definition] of Object.entries($defs)) schemas[name] = definition;
    const { id, ...rest } = root;
    if (typeof id !== "string") return root;
    schemas[id] = rest;
    return { $ref: `#/components/schemas/${id}` };
  };
}

/** The pattern of a time that zod gives knows leap years; nobody reads it. */
function shorten({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (jsonSchema.format === "date-time") jsonSchema.pattern = "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$";
  if (jsonSchema.format === "date") delete jsonSchema.pattern;
}
