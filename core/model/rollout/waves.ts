import { shareOf } from "./amount.ts";
import { type Belonging, belongsTo } from "./population.ts";
import type { Wave } from "./spec.ts";

/**
 * Which wave each has, in the order given; -1 where no wave takes it. Shares round down, so the first waves of a small fleet may
 * be empty. A wave with a selector takes what matches of those that no earlier wave has.
 */
export function wavesOf(waves: readonly Wave[], ordered: readonly Belonging[]): number[] {
  const taken = ordered.map(() => -1);
  let assigned = 0;
  waves.forEach(({ percent, count, selector }, wave) => {
    const fits = belongsTo(selector);
    const upTo = selector ? ordered.length : Math.min(ordered.length, count ?? shareOf(percent ?? 0, ordered.length));
    ordered.forEach((one, at) => {
      if (taken[at] !== -1 || assigned >= upTo || !fits(one)) return;
      taken[at] = wave;
      assigned++;
    });
  });
  return taken;
}
