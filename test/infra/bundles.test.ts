import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, inject, it } from "vitest";
import { functionNames } from "../../infra/bundles.ts";

/** The most that a function's code may be: what is larger starts slower. */
const MOST_BYTES = 1.5 * 1024 * 1024;

describe("the bundle of a function", () => {
  it.each(functionNames)("%s is small, and has its source map", (name) => {
    const file = join(inject("bundles")[name] ?? "", "index.mjs");
    expect(statSync(file).size).toBeLessThan(MOST_BYTES);
    expect(existsSync(`${file}.map`)).toBe(true);
  });

  it.each(functionNames)("%s loads alone, without an environment, and exports its handler", (name) => {
    const url = pathToFileURL(join(inject("bundles")[name] ?? "", "index.mjs"));
    const script = `const t = performance.now(); const { handler } = await import(${JSON.stringify(url)});
      console.log(JSON.stringify({ kind: typeof handler, ms: Math.round(performance.now() - t) }));`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
      env: {},
    });
    expect(stderr).toBe("");
    const { kind, ms } = JSON.parse(stdout);
    expect(kind).toBe("function");
    console.log(`${name}: init ${ms} ms, ${Math.round(statSync(new URL(url)).size / 1024)} KiB`);
  });
});
