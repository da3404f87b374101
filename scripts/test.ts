import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suites } from "./suites.ts";

/**
 * `npm test` runs the default suite, `npm test -- <suite>` another one of `suites.ts`; what else stands on the command line goes to
 * vitest. Ends with the count, and with the suites that were not run and what they need.
 */
const [first = "", ...others] = process.argv.slice(2);
const name = first in suites ? first : "default";
const rest = first in suites || first === "" ? others : [first, ...others];
const suite = suites[name as keyof typeof suites];

const folder = mkdtempSync(join(tmpdir(), "cellplane-test-"));
const report = join(folder, "report.json");
const { status } = spawnSync(
  "vitest",
  ["run", "--config", suite.config, "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...rest],
  { stdio: "inherit" },
);

const { numPassedTests = 0, numFailedTests = 0 } = readReport();
rmSync(folder, { recursive: true });

const notRun = Object.entries(suites).filter(([other]) => other !== name);
for (const [other, { needs }] of notRun) console.log(`not run: npm test -- ${other} (needs ${needs})`);
console.log(`${numPassedTests} passed, ${numFailedTests} failed`);
process.exitCode = status ?? 1;

function readReport(): { numPassedTests?: number; numFailedTests?: number } {
  try {
    return JSON.parse(readFileSync(report, "utf8"));
  } catch {
    // The runner ended before it could write one; its status says so.
    return {};
  }
}
