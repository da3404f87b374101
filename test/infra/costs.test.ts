import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  ALARMED_METRICS,
  costOf,
  costTable,
  dollars,
  idle,
  oneProvision,
  thousandNetworks,
  totalOf,
} from "../../infra/costs/cost-table.ts";
import { counted } from "../../infra/costs/counted.ts";
import { PRICES_OF, prices } from "../../infra/costs/prices.ts";
import { home, type Json, ofType, synthesized } from "./synthesize.ts";

describe("the table of costs", () => {
  it("is what the code computes: run node scripts/costs.ts", () => {
    expect(readFileSync(new URL("../../docs/costs.md", import.meta.url), "utf8")).toBe(costTable());
  });

  it("says of which day its prices are, and every price is one", () => {
    expect(costTable()).toContain(PRICES_OF);
    for (const [price, amount] of Object.entries(prices))
      expect(costTable()).toMatch(new RegExp(`\\| ${price} \\| \\$${amount} \\| https://aws\\.amazon\\.com/\\S+ \\|`));
    expect(Object.values(prices).every((price) => price > 0)).toBe(true);
  });

  it("allows a step no more than the intent table's own document", () => {
    const text = readFileSync(new URL("../../docs/intent-table.md", import.meta.url), "utf8");
    const lines = [
      ...text.matchAll(/^\| ((?:create|delete): [^|,]+?)(?:,[^|]+)? \| [\d.]+ \| [\d.]+ \| (\d+) \| (\d+) \|$/gm),
    ];
    expect(lines.map(([, step, write, read]) => [step, { write: Number(write), read: Number(read) }])).toEqual(
      Object.entries(counted).slice(0, 4),
    );
  });

  it("adds up by hand", () => {
    // 43,800 minutes of 60 s at 1 GB.
    const watch = idle.lines.find(({ of, price }) => of === "watch over cells" && price.startsWith("Lambda, arm64"));
    expect(watch && costOf(watch)).toBeCloseTo(35.04, 2);
    // 8,760 bookings of 8 units for each of 1,000 networks: 70.08 million at $0.625.
    const usage = thousandNetworks.lines.find(({ price }) => price.includes("write units"));
    expect(usage && costOf(usage)).toBeCloseTo(43.8, 2);
    expect(totalOf(oneProvision)).toBeLessThan(0.001);
  });

  it("counts the metrics that the template's alarms look at", () => {
    const metrics = ofType(synthesized(home).template, "AWS::CloudWatch::Alarm").flatMap(([, { Properties }]) =>
      Properties.Metrics ? Properties.Metrics.filter(({ MetricStat }: Json) => MetricStat) : [Properties.MetricName],
    );
    expect(metrics).toHaveLength(ALARMED_METRICS);
  });

  it.each([
    [54.309, "$54.31"],
    [0.2, "$0.200"],
    [0.00031, "$0.000310"],
  ])("writes %d as %s", (amount, text) => expect(dollars(amount)).toBe(text));
});
