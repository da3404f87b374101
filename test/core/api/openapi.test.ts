import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import { openApi } from "#core/api/openapi.ts";
import { NoBody } from "#core/api/route.ts";
import { controlPlaneRoutes, type Route } from "#core/api.ts";
import { validatorAt } from "../../described.ts";

const routes = Object.entries<Route>(controlPlaneRoutes);

describe("the OpenAPI document", () => {
  it("is checked in as the routes make it; `npm run openapi` writes it anew", () => {
    const file = new URL("../../../docs/openapi.json", import.meta.url);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(openApi());
  });

  it("is OpenAPI 3.1", async () => {
    const { valid, errors } = await new Validator().validate(openApi());
    expect({ valid, errors }).toMatchObject({ valid: true });
  });

  const schemas = (openApi() as { components: { schemas: Record<string, { examples?: unknown[] }> } }).components
    .schemas;

  it.each(Object.entries(schemas))("shows examples of %s that are ones", (name, { examples = [] }) => {
    const validate = validatorAt(`/components/schemas/${name}`);
    for (const example of examples)
      expect({ ok: validate(example), errors: validate.errors }).toMatchObject({ ok: true });
    expect(examples.length + Number(name === "Problem")).toBeGreaterThan(0);
  });

  it.each(routes)("says of %s what it takes and gives", (_name, route) => {
    expect(route.summary).toMatch(/^[A-Z].*[^.]$/);
    expect(route.answer === undefined).toBe(route.status === 204);
    const takesSomething = route.body !== undefined && route.body !== NoBody && !route.path.endsWith("/join");
    expect(Object.keys(route.examples ?? {}).length > 0).toBe(takesSomething);
    for (const body of Object.values(route.examples ?? {})) expect(route.body?.safeParse(body).error).toBeUndefined();
  });
});
