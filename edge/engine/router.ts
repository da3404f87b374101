import { compileFilter } from "#adapters/cel.ts";
import type { Output as OutputStep, PipelineDocument } from "#core/model/pipeline/document.ts";
import { type Batch, fate } from "./batch.ts";
import { type Fail, type Output, type Surroundings, scopeOf } from "./component.ts";

export interface Destination {
  readonly step: OutputStep;
  readonly output: Output;
  readonly fail: Fail;
}

/** Gives each event to the outputs whose `when` is true: to all of them, or to the first. */
export function router(
  document: PipelineDocument,
  destinations: readonly Destination[],
  around: Surroundings,
  unmatched: Fail,
): (batch: Batch) => void {
  const scope = scopeOf(around.node);
  const takesFirst = document.route === "first";
  const targets = destinations.map(({ step, output, fail }) => ({
    accepts: step.when === undefined ? undefined : compileFilter(step.when),
    output,
    fail,
  }));
  const [only] = targets;

  return (batch) => {
    if (only && targets.length === 1 && !only.accepts) {
      const indexes: number[] = [];
      for (let index = 0; index < batch.events.length; index++) if (batch.isLive(index)) indexes.push(index);
      if (indexes.length > 0) only.output.write(batch, indexes);
      return;
    }
    const given: number[][] = targets.map(() => []);
    for (let index = 0; index < batch.events.length; index++) {
      if (!batch.isLive(index)) continue;
      let shares = 0;
      const failures: (() => void)[] = [];
      for (const [at, { accepts, fail }] of targets.entries()) {
        try {
          if (accepts && !accepts(scope(batch, index))) continue;
          given[at]?.push(index);
        } catch (error) {
          failures.push(() => fail(batch, index, error));
        }
        shares++;
        if (takesFirst) break;
      }
      if (shares === 0) {
        if (document.unmatched === "deadLetter") unmatched(batch, index, new Error("no output takes the event"));
        else batch.settle(index, fate.dropped);
        continue;
      }
      batch.share(index, shares);
      for (const failure of failures) failure();
    }
    for (const [at, indexes] of given.entries()) if (indexes.length > 0) targets[at]?.output.write(batch, indexes);
  };
}
