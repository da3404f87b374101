import type { ParseStep } from "#core/model/pipeline/document.ts";
import type { Fail, Processor } from "../component.ts";
import { each } from "./each.ts";

/** Sixteen digits in a row may be a whole number that a double cannot hold; telling costs 0.24 µs, the slow way 20 times that. */
const manyDigits = /\d{16}/;

/** TypeScript's library does not know the third parameter yet. */
type Reviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown;
const parseWith = JSON.parse as (text: string, reviver: Reviver) => unknown;

const keepDigits: Reviver = (_key, value, { source }) =>
  typeof value === "number" && source !== undefined && !Number.isSafeInteger(value) && /^-?\d+$/.test(source)
    ? BigInt(source)
    : value;

export const parseJson = (text: string): unknown =>
  manyDigits.test(text) ? parseWith(text, keepDigits) : JSON.parse(text);

export function parse({ field = "raw" }: ParseStep, fail: Fail): Processor {
  return each((batch, index) => {
    const event = batch.events[index];
    const text =
      typeof event === "object" && event !== null && Object.hasOwn(event, field)
        ? (event as Record<string, unknown>)[field]
        : undefined;
    if (typeof text !== "string") throw new Error(`the event has no text in \`${field}\``);
    try {
      return parseJson(text);
    } catch {
      // The parser's own message quotes the event, which may hold what must not be logged.
      throw new Error("the text is not JSON");
    }
  }, fail);
}
