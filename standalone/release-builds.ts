import { copyFileSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { images } from "#core/workload.ts";
import { NODE_FLAGS } from "../orchestrator/node-flags.ts";
import { writeAtomically } from "./write-file.ts";

/**
 * The orchestrators that the embedded cells can run: `<data>/builds/<release>.mjs`, each a program of its own. They stay as they
 * were built when the sources go on. The built-in one follows the sources.
 */
const folderOf = (data: string): string => join(data, "builds");

const fileOf = (data: string, release: string): string => join(folderOf(data), `${release}.mjs`);

/** Releases that have a build here, by their file. */
export function buildsIn(data: string): Readonly<Record<string, string>> {
  mkdirSync(folderOf(data), { recursive: true, mode: 0o700 });
  const releases = readdirSync(folderOf(data)).flatMap((name) => /^(\d+\.\d+\.\d+)\.mjs$/.exec(name)?.[1] ?? []);
  return Object.fromEntries(releases.sort().map((release) => [release, fileOf(data, release)]));
}

/** Puts a program there as the build of a release. Whoever runs the one before goes on with it. */
export function keepBuild(data: string, release: string, program: string): void {
  mkdirSync(folderOf(data), { recursive: true, mode: 0o700 });
  const file = fileOf(data, release);
  const fresh = `${file}.new`;
  rmSync(fresh, { force: true });
  link(program, fresh);
  renameSync(fresh, file);
  // Two links to one file are not renamed.
  rmSync(fresh, { force: true });
}

/** A second name of a file, or a copy on another file system. */
export function link(file: string, target: string): void {
  try {
    linkSync(file, target);
  } catch {
    copyFileSync(file, target);
  }
}

/** The command of an orchestrator's image. The environment of a pod is what its manifest says; where Node keeps compiled code is our business. */
const commandOf = (file: string, compileCache: string): readonly string[] => [
  ...["/usr/bin/env", `NODE_COMPILE_CACHE=${compileCache}`],
  ...[process.execPath, ...NODE_FLAGS, file],
];

type Programs = Readonly<Record<string, readonly string[]>>;

/** Image → command, as the clusters read it before they start a container: every build there is, and what else is given. */
export function writePrograms(programsFile: string, data: string, others: Programs): void {
  const compileCache = compileCacheOf(programsFile);
  const orchestrators = Object.entries(buildsIn(data)).map(([release, file]) => [
    images.orchestrator(release),
    commandOf(file, compileCache),
  ]);
  writeAtomically(programsFile, JSON.stringify({ ...others, ...Object.fromEntries(orchestrators) }));
}

/** The same again, with the builds that came since. */
export const renewPrograms = (programsFile: string, data: string): void =>
  writePrograms(programsFile, data, JSON.parse(readFileSync(programsFile, "utf8")) as Programs);

/** Where Node keeps what it compiled of the programs in a file. */
export const compileCacheOf = (programsFile: string): string => join(dirname(programsFile), "compiled");
