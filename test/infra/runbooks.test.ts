import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
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
