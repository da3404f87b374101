import fc from "fast-check";
import { arbitraryOf, type JsonSchema } from "./arbitrary-of.ts";

/** What of the OpenAPI document requests are made from. */
interface Operation {
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: JsonSchema }[];
  readonly requestBody?: {
    readonly content: Readonly<
      Record<string, { readonly schema: JsonSchema; readonly examples?: Readonly<Record<string, { value: unknown }>> }>
    >;
  };
}

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

/** What is there: ids by the name of their parameter, and keys that open something. */
export interface World {
  readonly ids: Readonly<Record<string, readonly string[]>>;
  readonly bearers: readonly string[];
}

export interface FuzzedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** Bytes that a header cannot carry are the client's own error. */
const headerText = fc
  .string({ unit: fc.constantFrom(...'abc019*"W/,;=. -_~'), maxLength: 30 })
  .map((text) => text.trim());

const often = <T>(usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: usual, weight: 4 }, { arbitrary: other, weight: 1 });

/** Requests to every operation of the document: as it says, nearly so, and not at all so. */
export function requestsFrom({ paths }: Document, world: World): fc.Arbitrary<FuzzedRequest> {
  const all = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => requestTo(method.toUpperCase(), path, operation, world)),
  );
  const anywhere = fc.record({
    method: fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
    path: fc.oneof(fc.constantFrom(...Object.keys(paths)), fc.webPath()).map((path) => path || "/"),
    headers: headersOf(world),
    body: fc.constant(undefined),
  });
  return fc.oneof({ arbitrary: fc.oneof(...all), weight: 50 }, { arbitrary: anywhere, weight: 1 });
}

function requestTo(method: string, path: string, operation: Operation, world: World): fc.Arbitrary<FuzzedRequest> {
  const of = (place: string) => operation.parameters.filter((parameter) => parameter.in === place);
  const params = fc.record(
    Object.fromEntries(
      of("path").map(({ name, schema }) => {
        const known = fc.constantFrom(...(world.ids[name] ?? ["none"]));
        const strange = fc.oneof(arbitraryOf(schema).map(String), fc.string({ minLength: 1, maxLength: 60 }));
        return [name, often(known, strange)];
      }),
    ),
  );
  // Nobody waits for a fuzzed request.
  const asked = of("query").map(({ name, schema }) => [name, name === "wait" ? fc.constant("0") : arbitraryOf(schema)]);
  const query = often(
    fc.record(Object.fromEntries(asked), { requiredKeys: [] }),
    fc.dictionary(
      fc.string({ maxLength: 10 }).filter((name) => name !== "wait"),
      fc.string({ maxLength: 20 }),
      { maxKeys: 2 },
    ),
  ) as fc.Arbitrary<Record<string, unknown>>;
  return fc
    .record({ params, query, headers: headersOf(world), body: bodyOf(operation) })
    .map(({ params, query, headers, body }) => {
      const search = new URLSearchParams(
        Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
      ).toString();
      const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
        encodeURIComponent((params[name] ?? "").toWellFormed()).replace(/^\.+$/, "none"),
      );
      return { method, path: search ? `${filled}?${search}` : filled, headers, body };
    });
}

const headersOf = ({ bearers }: World): fc.Arbitrary<Record<string, string>> =>
  fc.record(
    {
      authorization: often(
        fc.constantFrom(...bearers).map((bearer) => `Bearer ${bearer}`),
        headerText,
      ),
      "if-match": often(fc.constantFrom("*", '"1"', '"2"', '"0"', 'W/"1"'), headerText),
      "idempotency-key": often(fc.constantFrom("a", "b", "c"), headerText),
      "content-type": fc.oneof(
        { arbitrary: fc.constant("application/json"), weight: 20 },
        {
          arbitrary: fc.constantFrom("application/json; charset=utf-8", "text/plain", "multipart/form-data", ""),
          weight: 1,
        },
      ),
    },
    { requiredKeys: ["authorization", "content-type"] },
  ) as fc.Arbitrary<Record<string, string>>;

/** As the schema says; an example; either with something else in one place; any JSON; or no JSON at all. */
function bodyOf({ requestBody }: Operation): fc.Arbitrary<string | undefined> {
  const { schema, examples = {} } = requestBody?.content["application/json"] ?? {};
  if (!schema) return fc.constant(undefined);
  const given = Object.values(examples).map(({ value }) => value);
  const good = given.length > 0 ? fc.oneof(arbitraryOf(schema), fc.constantFrom(...given)) : arbitraryOf(schema);
  const bent = fc.tuple(good, fc.nat(), fc.jsonValue({ maxDepth: 2 })).map(([value, place, other]) => {
    const names = Object.keys((value ?? {}) as object);
    const name = names[place % (names.length + 1)] ?? "surprise";
    return { ...(value as object), [name]: other };
  });
  return fc.oneof(
    { arbitrary: good.map((value) => JSON.stringify(value)), weight: 6 },
    { arbitrary: bent.map((value) => JSON.stringify(value)), weight: 3 },
    { arbitrary: fc.json({ maxDepth: 2 }), weight: 1 },
    { arbitrary: fc.string({ maxLength: 40 }), weight: 1 },
    { arbitrary: fc.constantFrom(undefined, '{"__proto__":{"a":1}}', "[".repeat(5_000), "1e999"), weight: 1 },
  );
}
