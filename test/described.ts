import Ajv2020, { type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { openApi } from "#core/api/openapi.ts";
import { controlPlaneRoutes, type Route } from "#core/api.ts";

/** What came back from the hosted API, in any process. */
export interface ApiAnswer {
  readonly status: number;
  readonly contentType: string | null;
  readonly text: string;
}

const document = openApi();
const ajv = new Ajv2020.default({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema(document, "api");

const routes = Object.values<Route>(controlPlaneRoutes).map((route) => ({
  ...route,
  pattern: new RegExp(`^${route.path.replaceAll(/\{\w+\}/g, "[^/]+")}$`),
}));

const validators = new Map<string, ValidateFunction>();

/** Where in the document something is, as a JSON pointer. */
const pointer = (...parts: readonly string[]): string =>
  parts.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

function at(path: string): unknown {
  return path
    .split("/")
    .slice(1)
    .reduce<unknown>(
      (value, part) =>
        (value as Record<string, unknown> | undefined)?.[part.replaceAll("~1", "/").replaceAll("~0", "~")],
      document,
    );
}

/** A validator for the schema at a place in the document. */
export function validatorAt(path: string): ValidateFunction {
  const known = validators.get(path) ?? ajv.compile({ $ref: `api#${encodeURI(path)}` });
  validators.set(path, known);
  return known;
}

/**
 * What the OpenAPI document does not say of an answer; nothing where all is as it says. A path that is none of its routes, and a
 * method that one does not take, are not its business.
 */
export function undescribed(method: string, url: string, { status, contentType, text }: ApiAnswer): string[] {
  const [path = ""] = url.split("?");
  const route = routes.find((candidate) => candidate.method === method && candidate.pattern.test(path));
  if (!route) return [];
  const where = `${method} ${route.path} → ${status}`;
  const own = pointer("paths", route.path, method.toLowerCase(), "responses", String(status));
  const response = at(own) as { $ref?: string; content?: object } | undefined;
  if (!response) return [`${where} is not described`];
  const found = response.$ref?.slice(1) ?? own;
  const { content = {} } = at(found) as { content?: object };
  const type = contentType?.split(";")[0] ?? "";
  if (text === "") return Object.keys(content).length === 0 ? [] : [`${where} has no body`];
  if (!(type in content)) return [`${where} is ${type}, described is ${Object.keys(content).join(", ") || "nothing"}`];
  if (!/json$/.test(type)) return [];
  const validate = validatorAt(`${found}${pointer("content", type, "schema")}`);
  const body: unknown = JSON.parse(text);
  if (validate(body)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${where}: ${instancePath || "the body"} ${message} ${JSON.stringify(params)} in ${text.slice(0, 300)}`,
  );
}
