import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");

/**
 * Who may import whom, read as the architecture's picture: the folder on the left may import itself and what is listed.
 * The longest matching folder decides. `node:` stands for Node's own modules.
 */
const allowed: Record<string, string[]> = {
  core: ["zod"],
  "core/model": ["core/errors.ts", "core/messages.ts", "zod"],
  adapters: [
    "core",
    "node:",
    "zod",
    "@aws-sdk/",
    "@nats-io/",
    "jose",
    "aws-local-stepfunctions",
    "hono",
    "@hono/node-server",
    "@marcbachmann/cel-js",
    "prom-client",
    "@opentelemetry/",
    "@kubernetes/client-node",
  ],
  "step-functions": ["core"],
  functions: [
    "core",
    "adapters",
    "step-functions",
    "node:",
    "zod",
    "@middy/",
    "@aws-sdk/",
    "@types/aws-lambda",
    "aws-lambda",
  ],
  "cell-agent": ["core", "adapters", "node:", "zod", "hono", "@hono/node-server", "p-limit"],
  orchestrator: ["core", "adapters", "node:", "zod", "hono", "@hono/node-server", "yaml"],
  edge: ["core", "adapters", "node:", "@nats-io/", "@marcbachmann/cel-js", "yaml"],
  cli: ["core", "adapters", "node:", "commander", "yaml"],
};

/** Only these files of a deployable build adapters and read the environment. */
const compositionRoots = new Set(["main.ts", "deps.ts"]);
const deployables = ["functions", "cell-agent", "orchestrator", "edge", "cli"];

const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
  (file) => file.endsWith(".ts") && !/(^|\/)(node_modules|\.cellplane|cdk\.out|\.git)\//.test(file),
);

function importsOf(file: string): { target: string; kind: "type" | "static" | "dynamic" }[] {
  const source = readFileSync(join(root, file), "utf8");
  const statements = source.matchAll(
    /^\s*(?:import|export)\s+(type\s+)?(?:[^"';]*?\sfrom\s+)?["']([^"']+)["']|import\(\s*["']([^"']+)["']\s*\)/gm,
  );
  return [...statements].map(([, typeOnly, stated, dynamic]) => {
    const specifier = stated ?? dynamic ?? "";
    const target = specifier.startsWith(".")
      ? relative(root, resolve(root, dirname(file), specifier))
      : specifier.startsWith("#")
        ? specifier.slice(1)
        : specifier;
    return { target, kind: dynamic ? "dynamic" : typeOnly ? "type" : "static" };
  });
}

const within = (target: string, place: string) =>
  target === place || target.startsWith(place.endsWith(":") || place.endsWith("/") ? place : `${place}/`);

describe("the import rule", () => {
  const folders = Object.keys(allowed).sort((a, b) => b.length - a.length);

  it.each(files.filter((file) => folders.some((folder) => within(file, folder))))(
    "%s imports only what it may",
    (file) => {
      const folder = folders.find((candidate) => within(file, candidate)) ?? "";
      const may = [folder, ...(allowed[folder] ?? [])];
      const wrong = importsOf(file)
        .filter(({ target }) => !may.some((place) => within(target, place)))
        .map(({ target }) => `${file} imports ${target}, but ${folder}/ may import only ${may.join(", ")}`);
      expect(wrong).toEqual([]);
    },
  );

  it.each(files.filter((file) => within(file, "edge")))(
    "%s loads no zod while it runs: it costs a node 11 MB",
    (file) => {
      const seen = new Set<string>();
      const walk = (at: string): string[] =>
        importsOf(at)
          .filter(({ kind }) => kind === "static")
          .flatMap(({ target }) => {
            if (target === "zod") return [at];
            if (!files.includes(target) || seen.has(target)) return [];
            seen.add(target);
            return walk(target);
          });
      expect(walk(file)).toEqual([]);
    },
  );

  it.each(files.filter((file) => deployables.some((folder) => within(file, folder))))(
    "%s reads the environment only in a composition root",
    (file) => {
      const isRoot = compositionRoots.has(file.split("/").at(-1) ?? "");
      const source = readFileSync(join(root, file), "utf8");
      expect(
        !isRoot && /process\.env\b/.test(source)
          ? `${file} reads process.env; do it in main.ts or deps.ts and pass the value`
          : "",
      ).toBe("");
    },
  );
});

describe("the shape of the code", () => {
  it.each(files.filter((file) => !file.startsWith("test/")))("%s holds one idea", (file) => {
    const lines = readFileSync(join(root, file), "utf8").split("\n").length;
    expect(lines > 350 ? `${file} has ${lines} lines: it probably holds two ideas` : "").toBe("");
    expect(/(^|\/)(utils?|helpers?|common|manager)(\.ts|\/)/.test(file) ? `${file} is named after nothing` : "").toBe(
      "",
    );
  });
});
