import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { inject, onTestFinished } from "vitest";
import { cellContextOf } from "../../infra/cell-context.ts";
import { CellStack } from "../../infra/cell-stack.ts";
import { contextOf } from "../../infra/context.ts";
import { ControlPlaneStack } from "../../infra/control-plane-stack.ts";
import { CELL_FUNCTION } from "../../infra/rights.ts";

/** The agent's chart. */
const chart = resolve(import.meta.dirname, "../../cell-agent/chart");

export interface Resource {
  readonly Type: string;
  readonly DependsOn?: readonly string[];
  readonly Properties: Readonly<Record<string, Json>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, Json>>;
}

/** A part of a template: tests look into it member by member. */
export type Json = ReturnType<typeof JSON.parse>;

export const home = { region: "eu-central-1", home: "true", domain: "cells.example.com" };
export const withReplica = { ...home, replicas: "eu-west-1", zone: "Z0123456789ABC" };
export const elsewhere = {
  region: "eu-west-1",
  home: "false",
  domain: "cells.example.com",
  zone: "Z0123456789ABC",
  homeRegion: "eu-central-1",
  cellCallKey: "mrk-00000000000000000000000000000001",
  networkTokenKey: "mrk-00000000000000000000000000000002",
  issuer: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_abc",
  audience: "console",
};

/** Synthesizes one control plane into a folder of its own, cdk-nag included: what breaks a rule fails here. */
export function synthesize(
  given: Readonly<Record<string, string>>,
  bundles: Readonly<Record<string, string>> = inject("bundles"),
): {
  template: Template;
  folder: string;
  file: string;
} {
  const context = contextOf(given);
  const folder = mkdtempSync(join(tmpdir(), "cellplane-cdk-"));
  const app = new App({ outdir: folder, analyticsReporting: false });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const { stackName } = new ControlPlaneStack(app, { context, bundles });
  app.synth();
  const file = join(folder, `${stackName}.template.json`);
  return { template: JSON.parse(readFileSync(file, "utf8")), folder, file };
}

export const cell = {
  region: "eu-central-1",
  domain: "cells.example.com",
  zone: "Z0123456789ABC",
  cell: "eu-1",
  images: "registry.example.com/cellplane",
  certificates: "operators@example.com",
};

/** Synthesizes one cell, the same way. */
export function synthesizeCell(given: Readonly<Record<string, string>>) {
  const context = cellContextOf(given);
  const folder = mkdtempSync(join(tmpdir(), "cellplane-cdk-"));
  const app = new App({ outdir: folder, analyticsReporting: false });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const bundle = inject("bundles")[CELL_FUNCTION] ?? "";
  const { stackName } = new CellStack(app, { context, bundle, chart });
  app.synth();
  const file = join(folder, `${stackName}.template.json`);
  const template: Template = JSON.parse(readFileSync(file, "utf8"));
  return { template, folder, file };
}

/** The same for one test; its folder is gone afterwards. */
export function synthesized(given: Readonly<Record<string, string>>) {
  const made = synthesize(given);
  onTestFinished(() => rmSync(made.folder, { recursive: true }));
  return made;
}

export const ofType = ({ Resources }: Template, type: string): [string, Resource][] =>
  Object.entries(Resources).filter(([, { Type }]) => Type === type);

/** The function of a name, by what it is called in AWS. */
export function functionNamed(template: Template, name: string): [string, Resource] {
  const found = ofType(template, "AWS::Lambda::Function").find(
    ([, { Properties }]) => Properties.FunctionName === `cellplane-${name}`,
  );
  if (!found) throw new Error(`The template has no function ${name}.`);
  return found;
}
