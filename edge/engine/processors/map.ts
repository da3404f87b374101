import { compileMap } from "#adapters/cel.ts";
import type { MapStep } from "#core/model/pipeline/document.ts";
import type { Fail, Processor, Surroundings } from "../component.ts";
import { scopeOf } from "../component.ts";
import { each } from "./each.ts";

export function map(step: MapStep, { node, eventBytes }: Surroundings, fail: Fail): Processor {
  const change = compileMap(step, eventBytes);
  const scope = scopeOf(node);
  return each((batch, index) => change(scope(batch, index)), fail);
}
