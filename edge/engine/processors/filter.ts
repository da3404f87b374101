import { compileFilter } from "#adapters/cel.ts";
import type { Fail, Processor, Surroundings } from "../component.ts";
import { scopeOf } from "../component.ts";
import { each, filtered } from "./each.ts";

/** Lets through what the expression is true for. */
export function filter(source: string, { node }: Surroundings, fail: Fail): Processor {
  const accepts = compileFilter(source);
  const scope = scopeOf(node);
  return each((batch, index) => (accepts(scope(batch, index)) ? batch.events[index] : filtered), fail);
}
