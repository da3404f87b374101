import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { controlPlaneRoutes } from "#core/api/control-plane.ts";
import { functionNames } from "../../infra/bundles.ts";
import { home, ofType, synthesized } from "./synthesize.ts";

const docs = resolve(import.meta.dirname, "../../docs/runbooks");

describe("every alarm", () => {
  it("pages somebody, and has a page that says what it means, how to look and what to do", () => {
    const { template } = synthesized(home);
    const alarms = ofType(template, "AWS::CloudWatch::Alarm").map(([, { Properties }]) => Properties);
    expect(alarms.length).toBeGreaterThan(10);
    for (const { AlarmName, AlarmDescription, AlarmActions } of alarms) {
      const page = join(docs, `${AlarmName.replace("cellplane-", "")}.md`);
      expect([page, existsSync(page)]).toEqual([page, true]);
      for (const part of ["## What it means", "## How to look", "## What to do"])
        expect(readFileSync(page, "utf8")).toContain(part);
      expect(AlarmDescription).toContain(AlarmName.replace("cellplane-", ""));
      expect(AlarmActions).toHaveLength(1);
    }
  });
});

describe("every page", () => {
  const pages = readdirSync(docs).map((name) => [name, readFileSync(join(docs, name), "utf8")] as const);
  const found = (pattern: RegExp) =>
    pages.flatMap(([name, text]) => [...text.matchAll(pattern)].map(([all, ...parts]) => ({ name, all, parts })));

  it("names requests that the API knows", () => {
    const known = new Set(
      Object.values(controlPlaneRoutes).map(({ method, path }) => `${method} ${path.replace(/\{\w+\}/g, "{}")}`),
    );
    const named = found(/\b(GET|POST|PUT|PATCH|DELETE) (\/v1\/[^ `?)]+)/g);
    expect(named.length).toBeGreaterThan(5);
    const strange = named.filter(
      ({ parts: [method, path = ""] }) => !known.has(`${method} ${path.replace(/\{\w+\}/g, "{}")}`),
    );
    expect(strange).toEqual([]);
  });

  it("invokes functions that there are, in the form that the AWS CLI takes JSON in", () => {
    const named = found(/aws lambda invoke([^`]*)--function-name cellplane-([a-z-]+)([^`]*)`/g);
    expect(named.map(({ parts: [, name] }) => name).sort()).toEqual(["announce-keys", "sweep", "take-home"]);
    for (const { all, parts } of named) {
      expect(functionNames).toContain(parts[1]);
      expect(all).toContain("--cli-binary-format raw-in-base64-out --payload");
    }
  });
});
