import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { images } from "#core/workload.ts";
import { localBuilds } from "../../standalone/control-plane/local-builds.ts";
import { buildsIn, keepBuild, writePrograms } from "../../standalone/release-builds.ts";
import { type BuildsUnderTest, buildsContract } from "../contracts/builds.ts";

const root = resolve(import.meta.dirname, "../..");

/** A package with an orchestrator of one line, and what builds releases of it. */
function aPackage(folder: string) {
  mkdirSync(join(folder, "orchestrator"), { recursive: true });
  writeFileSync(join(folder, "orchestrator/main.ts"), "console.log(`I am ${CELLPLANE_BUILD}`);\n");
  for (const file of ["package.json", "package-lock.json"]) copyFileSync(join(root, file), join(folder, file));
}

describe("builds of releases", () => {
  let data: string;
  let programs: string;
  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), "cellplane-builds-"));
    mkdirSync(join(data, "programs/key"), { recursive: true });
    programs = join(data, "programs/key/programs.json");
  });
  afterEach(() => rmSync(data, { recursive: true, force: true }));

  const commands = () => JSON.parse(readFileSync(programs, "utf8")) as Record<string, string[]>;
  const program = (text: string) => {
    const file = join(data, "program.mjs");
    rmSync(file, { force: true });
    writeFileSync(file, text);
    return file;
  };

  it("are every program in their folder that is named like a release", () => {
    keepBuild(data, "0.2.0", program("2"));
    keepBuild(data, "0.10.0", program("10"));
    for (const name of ["latest.mjs", "0.3.0.mjs.new", "0.4.0.txt", "lock"])
      writeFileSync(join(data, "builds", name), "");
    expect(Object.keys(buildsIn(data)).sort()).toEqual(["0.10.0", "0.2.0"]);
    writePrograms(programs, data, { nats: ["/nats-server"] });
    expect(Object.keys(commands()).sort()).toEqual([
      ...[images.orchestrator("0.10.0"), images.orchestrator("0.2.0")],
      "nats",
    ]);
  });

  it("are replaced whole, also by themselves", () => {
    keepBuild(data, "0.1.0", program("old"));
    const fresh = program("new");
    keepBuild(data, "0.1.0", fresh);
    keepBuild(data, "0.1.0", fresh);
    expect(readFileSync(join(data, "builds/0.1.0.mjs"), "utf8")).toBe("new");
    expect(readdirSync(join(data, "builds"))).toEqual(["0.1.0.mjs"]);
  });
});

buildsContract("on one machine", async (): Promise<BuildsUnderTest> => {
  const folder = mkdtempSync(join(tmpdir(), "cellplane-releases-"));
  const data = join(folder, "data");
  const sources = join(folder, "package");
  aPackage(sources);
  mkdirSync(join(data, "programs"), { recursive: true });
  const programs = join(data, "programs/programs.json");
  writePrograms(programs, data, {});
  const builder = [
    ...[process.execPath, join(root, "standalone/build-release.ts"), "--root", sources],
    ...["--data", data, "--cache", join(folder, "cache"), "--programs", programs],
  ];
  return {
    builds: localBuilds(builder),
    async run(release) {
      const commands = JSON.parse(readFileSync(programs, "utf8")) as Record<string, string[]>;
      const [command, ...args] = commands[images.orchestrator(release)] ?? [];
      return command === undefined ? undefined : execFileSync(command, args, { encoding: "utf8" });
    },
    breakDown: () => writeFileSync(join(sources, "orchestrator/main.ts"), "this is no program\n"),
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
});
