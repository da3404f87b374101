import { expect, it } from "vitest";
import { fieldsBeside } from "../../cell-agent/fields-beside.ts";

it.each<[string, object, object, string[]]>([
  ["nothing where both name the same", { a: 1, b: { c: 2 } }, { a: 5, b: { c: 6 } }, []],
  ["a field that the order does not name", { a: 1, b: 2 }, { a: 1 }, ["b"]],
  ["one deep inside", { a: { b: { c: 1, d: 2 } } }, { a: { b: { c: 1 } } }, ["a.b.d"]],
  ["nothing inside a list: it is one value", { a: [{ b: 1 }] }, { a: [] }, []],
  ["nothing for what is undefined", { a: undefined }, {}, []],
])("finds %s", (_, held, ordered, expected) => {
  expect(fieldsBeside(held, ordered)).toEqual(expected);
});
