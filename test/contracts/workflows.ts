import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Workflows } from "#core/ports.ts";

/** What every runner of workflows must do. `open` gives one whose `converge-network` counts, by input, how often it began. */
export function workflowsContract(
  name: string,
  open: () => Promise<{ workflows: Workflows; begun: () => unknown[]; close: () => void | Promise<void> }>,
): void {
  describe(`${name} as a runner of workflows`, () => {
    let workflows: Workflows;
    let begun: () => unknown[];
    let close: () => void | Promise<void>;
    beforeEach(async () => {
      ({ workflows, begun, close } = await open());
    });
    afterEach(() => close());

    it("starts an execution with its input", async () => {
      expect(await workflows.start("converge-network", "op_1-1", { operation: "op_1" })).toBe("started");
      await expect.poll(begun).toEqual([{ operation: "op_1" }]);
    });

    it("starts nothing twice under one name, however many try at once", async () => {
      const start = () => workflows.start("converge-network", "op_1-1", { operation: "op_1" });
      expect(await Promise.all(Array.from({ length: 5 }, start))).toContain("started");
      await expect.poll(start).toBe("exists");
      expect(await workflows.start("converge-network", "op_1-2", { operation: "op_2" })).toBe("started");
      await expect.poll(begun).toEqual([{ operation: "op_1" }, { operation: "op_2" }]);
    });

    it("refuses nothing and starts nothing when a name was used with another input", async () => {
      await workflows.start("converge-network", "op_1-1", { operation: "op_1" });
      expect(await workflows.start("converge-network", "op_1-1", { operation: "op_2" })).toBe("exists");
      await expect.poll(begun).toEqual([{ operation: "op_1" }]);
    });

    it.each(["", "a b", "a/b", "x".repeat(81)])("refuses the name %j", async (bad) => {
      await expect(workflows.start("converge-network", bad, {})).rejects.toMatchObject({ kind: "invalid-input" });
    });
  });
}
