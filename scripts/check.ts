import { spawnSync } from "node:child_process";

/** `npm run check`: format and lint, types, the import rule. Runs all of them, then says which failed. */
const steps = [
  ["format and lint", "biome", ["check", "--error-on-warnings", "."]],
  ["types", "tsc", ["--noEmit"]],
  ["architecture", "vitest", ["run", "test/architecture.test.ts", "--reporter=dot"]],
] as const;

const failed = steps
  .filter(([, command, args]) => spawnSync(command, args, { stdio: "inherit" }).status !== 0)
  .map(([name]) => name);
if (failed.length > 0) {
  console.error(
    `check failed: ${failed.join(", ")}${failed.includes("format and lint") ? " (npm run format mends most of it)" : ""}`,
  );
  process.exit(1);
}
console.log("check passed");
