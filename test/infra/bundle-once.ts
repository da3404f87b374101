import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { bundleFunctions } from "../../infra/bundles.ts";

declare module "vitest" {
  interface ProvidedContext {
    bundles: Readonly<Record<string, string>>;
  }
}

/** The functions as they are deployed, bundled once for the whole suite. */
export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), "cellplane-bundles-"));
  project.provide("bundles", bundleFunctions(join(folder, "functions")));
  return () => rmSync(folder, { recursive: true, force: true });
}
