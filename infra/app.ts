import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { bundleFunctions } from "./bundles.ts";
import { cellContextOf } from "./cell-context.ts";
import { CellStack } from "./cell-stack.ts";
import { contextOf, WrongContext } from "./context.ts";
import { ControlPlaneStack } from "./control-plane-stack.ts";
import { CELL_FUNCTION } from "./rights.ts";

/** What CDK itself puts into the context beside what was given. */
const isOurs = ([name]: [string, unknown]): boolean => !/[:@/]/.test(name);

/** The agent's chart, as it is. */
const chart = resolve(import.meta.dirname, "../cell-agent/chart");

try {
  const app = new App();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const given = Object.fromEntries(Object.entries(app.node.getAllContext()).filter(isOurs));
  const folder = mkdtempSync(join(tmpdir(), "cellplane-bundles-"));
  try {
    const account = process.env.CDK_DEFAULT_ACCOUNT;
    const at = account ? { account } : {};
    const bundles = () => bundleFunctions(folder);
    if ("cell" in given)
      new CellStack(app, { context: cellContextOf(given), bundle: bundles()[CELL_FUNCTION] ?? "", chart, ...at });
    else new ControlPlaneStack(app, { context: contextOf(given), bundles: bundles(), ...at });
    app.synth();
  } finally {
    rmSync(folder, { recursive: true });
  }
} catch (error) {
  if (!(error instanceof WrongContext)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
