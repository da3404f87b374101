import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import * as z from "zod";
import { agentValues } from "../../infra/cell/agent.ts";

const file = join(import.meta.dirname, "../../cell-agent/chart/values.schema.json");
const schema = z.fromJSONSchema(JSON.parse(readFileSync(file, "utf8")));
type Context = Parameters<typeof agentValues>[0];

it("tells the agent's chart what its schema takes", () => {
  const context: Partial<Context> = {
    ...{ domain: "example.com", cellDomain: "eu-1.example.com", networks: 50 },
    images: "registry.example.com/cellplane",
  };
  const values = agentValues(context as Context);
  expect(schema.safeParse(values).error).toBeUndefined();
  expect(values.images.registry).toBe("registry.example.com/cellplane/");
  expect(schema.safeParse({ ...values, images: { registry: "registry.example.com" } }).success).toBe(false);
  expect(schema.safeParse({ ...values, unknown: 1 }).success).toBe(false);
});
