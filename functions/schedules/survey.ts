import { Refusal } from "#core/errors.ts";
import type { CellId } from "#core/model/ids.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { probeCell } from "#core/operations/probe-cell.ts";
import { surveyCell } from "#core/operations/survey-cell.ts";
import { task } from "../task.ts";

/** The schedule of one cell's survey, and of the look at its networks from outside. A cell that is silent is looked at all the more. */
export const survey = task(async (deps: Dependencies, { cell }: { readonly cell: CellId }) => {
  const [surveyed, { probed }] = await Promise.all([surveyIfReachable(deps, cell), probeCell(deps, cell)]);
  return { surveyed, probed };
});

/** What its survey found; undefined where the cell cannot be asked now. */
async function surveyIfReachable(deps: Dependencies, cell: CellId) {
  try {
    const surveyed = await surveyCell(deps, cell);
    for (const [action, found] of Object.entries(surveyed))
      deps.measure("cellplane_survey_findings_total", found, { action });
    return surveyed;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    deps.log("debug", "cell not surveyed", { cell, error: error.message });
    return undefined;
  }
}
