import { Refusal } from "#core/errors.ts";
import type { CellId } from "#core/model/ids.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { monitorCell } from "#core/operations/monitor-cell.ts";
import { task } from "../task.ts";

/** The watch over one cell: one long poll. Whoever schedules it starts it again when it is done. */
export const monitor = task(
  async (deps: Dependencies, { cell, waitMs }: { cell: CellId; waitMs: number }): Promise<{ reached: boolean }> => {
    try {
      await monitorCell(deps, cell, waitMs);
      return { reached: true };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      deps.log("debug", "cell not reached", { cell, error: error.message });
      return { reached: false };
    }
  },
);
