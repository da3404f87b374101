import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { bundleFunctions } from "./bundles.ts";
import { contextOf, WrongContext } from "./context.ts";
import { ControlPlaneStack } from "./control-plane-stack.ts";

/** What CDK itself puts into the context beside what was given. */
const isOurs = ([name]: [string, unknown]): boolean => !/[:@/]/.test(name);

try {
  const app = new App();
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const context = contextOf(Object.fromEntries(Object.entries(app.node.getAllContext()).filter(isOurs)));
  const folder = mkdtempSync(join(tmpdir(), "cellplane-bundles-"));
  try {
    const account = process.env.CDK_DEFAULT_ACCOUNT;
    new ControlPlaneStack(app, { context, bundles: bundleFunctions(folder), ...(account ? { account } : {}) });
    app.synth();
  } finally {
    rmSync(folder, { recursive: true });
  }
} catch (error) {
  if (!(error instanceof WrongContext)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
