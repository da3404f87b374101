import { Refusal } from "#core/errors.ts";
import { idOfRecord } from "#core/model/records.ts";
import type { Change } from "#core/ports.ts";

/** The most that DynamoDB takes at once. Every store keeps to it, so that what works on one machine works on AWS. */
const MOST_CHANGES = 100;

/** Refuses what no store takes: too many changes at once, or two of one thing, whose order would matter. */
export function refuseBeyondLimits(changes: readonly Change[]): void {
  if (changes.length > MOST_CHANGES)
    throw new Refusal("too-large", `${changes.length} changes at once are too many; ${MOST_CHANGES} is the most.`);
  const things = changes.map(thingOf);
  const twice = things.find((thing, index) => things.indexOf(thing) !== index);
  if (twice !== undefined) throw new Error(`One commit changes ${twice} twice.`);
}

function thingOf(change: Change): string {
  if (change.write === "count") return `counter ${change.counter}`;
  return `${change.kind} ${change.write === "put" ? idOfRecord(change) : change.id}`;
}
