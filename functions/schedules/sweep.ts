import type { Dependencies } from "#core/operations/dependencies.ts";
import { sweep } from "#core/operations/sweep.ts";
import { task } from "../task.ts";

/** The schedule of the sweep. `dueBy` takes up also what becomes due until then. */
export const sweepDue = task((deps: Dependencies, { dueBy }: { readonly dueBy?: number }) => sweep(deps, dueBy));
