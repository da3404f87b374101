import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bundlesOf, cacheFolder } from "../../standalone/bundle.ts";

let root: string;
let cacheDir: string;

/** A package with the one program `edge`, which prints what `core/word.ts` says. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cellplane-bundle-"));
  cacheDir = join(root, "cache");
  mkdirSync(join(root, "edge"));
  mkdirSync(join(root, "core"));
  writeFileSync(join(root, "package.json"), JSON.stringify({ imports: { "#core/*": "./core/*" } }));
  writeFileSync(join(root, "package-lock.json"), "{}");
  writeFileSync(join(root, "edge", "main.ts"), 'import { word } from "#core/word.ts";\nconsole.log(word);\n');
  symlinkSync(resolve("node_modules"), join(root, "node_modules"));
  say("one");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const say = (word: string) => writeFileSync(join(root, "core", "word.ts"), `export const word: string = "${word}";\n`);
const run = (file: string) => execFileSync(process.execPath, [file], { encoding: "utf8" }).trim();

describe("bundles", () => {
  it("are made once for one state of the sources, and anew for another", async () => {
    const made: string[] = [];
    const options = { root, cacheDir, onProgress: (line: string) => made.push(line) };
    const first = await bundlesOf(["edge"], options);
    expect(run(first.files.edge)).toBe("one");
    expect(await bundlesOf(["edge"], options)).toEqual(first);
    expect(made).toHaveLength(1);

    say("two");
    const second = await bundlesOf(["edge"], options);
    expect(second.key).not.toBe(first.key);
    expect(run(second.files.edge)).toBe("two");
    expect(run(first.files.edge)).toBe("one");
  });

  it("change with the lockfile", async () => {
    const { key } = await bundlesOf(["edge"], { root, cacheDir });
    writeFileSync(join(root, "package-lock.json"), '{ "lockfileVersion": 3 }');
    expect((await bundlesOf(["edge"], { root, cacheDir })).key).not.toBe(key);
  });

  it("are never made twice at once, and leave nothing half made", async () => {
    const made: string[] = [];
    const onProgress = (line: string) => made.push(line);
    await Promise.all([1, 2, 3, 4].map(() => bundlesOf(["edge"], { root, cacheDir, onProgress })));
    expect(made.filter((line) => line.startsWith("Bundling"))).toHaveLength(1);
    expect(readdirSync(join(cacheDir, "bundles")).filter((name) => name.includes("partial"))).toEqual([]);
  });

  it("of old sources go, except the newest few", async () => {
    const keys: string[] = [];
    for (const word of ["a", "b", "c", "d", "e", "f", "g"]) {
      say(word);
      keys.push((await bundlesOf(["edge"], { root, cacheDir })).key);
    }
    const kept = readdirSync(join(cacheDir, "bundles"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(kept.map(({ name }) => name).sort()).toEqual(keys.slice(-5).sort());
  });

  it("that cannot be made say where the mistake is", async () => {
    writeFileSync(join(root, "edge", "main.ts"), 'import "./nowhere.ts";\n');
    await expect(bundlesOf(["edge"], { root, cacheDir })).rejects.toThrow(/nowhere\.ts.*edge\/main\.ts:1/);
  });
});

describe("the cache folder", () => {
  it.each([
    [{ XDG_CACHE_HOME: "/x" }, "/x/cellplane"],
    [{}, "/home/me/.cache/cellplane"],
    [{ XDG_CACHE_HOME: "" }, "/home/me/.cache/cellplane"],
  ])("%j", (environment, folder) => {
    expect(cacheFolder(environment, "/home/me")).toBe(folder);
  });
});
