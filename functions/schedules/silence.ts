import { Refusal } from "#core/errors.ts";
import type { CellId } from "#core/model/ids.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { tellSilence } from "#core/operations/tell-silence.ts";
import { task } from "../task.ts";

/** The schedule that tells owners of a cell's silence, and of its end. Another run at the same time makes one of both lose, and repeat. */
export const silence = task(
  async (deps: Dependencies, { cell }: { readonly cell: CellId }): Promise<{ told: number }> => {
    try {
      return await tellSilence(deps, cell);
    } catch (error) {
      if (error instanceof Refusal && error.kind === "conflict") return { told: 0 };
      throw error;
    }
  },
);
