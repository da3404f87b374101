import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { call as http } from "../e2e/standalone.ts";
import { type Assembly, startAssembly } from "./assembly/assembly.ts";
import { type Cells, startCells } from "./assembly/cells.ts";
import { home, type Json, synthesize } from "./synthesize.ts";

/** Two deploys whose code differs: each leaves a mark of its own where it runs, and the first waits at a gate. */
describe("a deploy over executions in flight", () => {
  const folder = mkdtempSync(join(tmpdir(), "cellplane-redeploy-"));
  const marks = join(folder, "marks");
  const gate = join(folder, "gate");
  const folders = [folder];
  let assembly: Assembly;
  let cells: Cells;
  let next: string;

  const call = (method: string, path: string, body?: unknown) =>
    http(`${assembly.url}${path}`, { method, body, headers: { authorization: `Bearer ${assembly.key}` } });
  const create = async (name: string): Promise<Json> =>
    (await call("POST", "/v1/orgs/default/networks", { name })).json.operation;
  const operation = async ({ id }: Json): Promise<Json> => (await call("GET", `/v1/operations/${id}?wait=20`)).json;
  const marksOf = ({ id }: Json) =>
    readFileSync(marks, "utf8")
      .split("\n")
      .filter((line) => line.endsWith(id))
      .map((line) => line.replace(` ${id}`, ""));

  /** The bundles with code before what they do: `first` is run when one is invoked. */
  function bundlesOf(code: string, first: Readonly<Record<string, string>>): Record<string, string> {
    const changed = Object.entries(first).map(([name, text]) => {
      const into = join(folder, "bundles", code, name);
      mkdirSync(into, { recursive: true });
      cpSync(inject("bundles")[name] ?? "", into, { recursive: true });
      renameSync(join(into, "index.mjs"), join(into, "as-it-was.mjs"));
      const lines = [
        'import { appendFileSync, existsSync } from "node:fs";',
        'import * as asItWas from "./as-it-was.mjs";',
        "export const handler = async (event, context) => {",
        `  appendFileSync(${JSON.stringify(marks)}, "${code} ${name} " + event.operation + "\\n");`,
        text,
        "  return asItWas.handler(event, context);",
        "};",
      ];
      writeFileSync(join(into, "index.mjs"), lines.join("\n"));
      return [name, into];
    });
    return { ...inject("bundles"), ...Object.fromEntries(changed) };
  }
  function synthesizedBy(code: string, first: Readonly<Record<string, string>>): string {
    const made = synthesize(home, bundlesOf(code, first)).folder;
    folders.push(made);
    return made;
  }

  beforeAll(async () => {
    writeFileSync(marks, "");
    const wait = `  while (!existsSync(${JSON.stringify(gate)})) await new Promise((passed) => setTimeout(passed, 50));`;
    const deployed = synthesizedBy("A", { "observe-network": wait, "settle-network": "" });
    next = synthesizedBy("B", { "observe-network": "", "settle-network": "" });
    assembly = await startAssembly({
      ...{ folder: deployed, stack: "cellplane-control-plane-eu-central-1", region: "eu-central-1", log: folder },
      dynamo: inject("dynamoEndpoint"),
    });
    await assembly.follow();
    const data = join(folder, "data");
    cells = await startCells({ data, controlPlane: assembly.url, key: assembly.key, count: 1 });
    const joined = async () => typeof (await call("GET", `/v1/cells/${cells.ids[0]}`)).json.url === "string";
    await vi.waitUntil(joined, { timeout: 120_000, interval: 200 });
    assembly.events.pass(1);
  }, 180_000);
  afterAll(async () => {
    await cells?.close();
    await assembly?.close();
    for (const each of folders) rmSync(each, { recursive: true, force: true });
  });

  it("leaves them the code that they began with, and what begins later gets the new one", async () => {
    const before = await create("in-flight");
    await expect.poll(() => marksOf(before)).toContain("A observe-network");
    await assembly.deploy(next);

    const after = await create("afterwards");
    await expect.poll(async () => (await operation(after)).state).toBe("succeeded");
    expect(new Set(marksOf(after))).toEqual(new Set(["B observe-network", "B settle-network"]));
    expect(marksOf(before)).toEqual(["A observe-network"]);

    writeFileSync(gate, "");
    await expect.poll(async () => (await operation(before)).state).toBe("succeeded");
    // In one attempt: the sweep would have begun another one, with the new code.
    expect((await operation(before)).attempt).toBe(1);
    expect(new Set(marksOf(before))).toEqual(new Set(["A observe-network", "A settle-network"]));
    expect(assembly.denied).toEqual([]);
  });
});
