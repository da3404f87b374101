import { expect, it } from "vitest";
import type { HeldObject } from "../../../cell-agent/observe/essence-of.ts";
import { shareLabels } from "../../../cell-agent/observe/share-labels.ts";

const anObject = (name: string, labels: Record<string, string>, namespace?: string): HeldObject => ({
  ...{ apiVersion: "v1", kind: "Service" },
  metadata: { name, labels, ...(namespace === undefined ? {} : { namespace }) },
});

it("takes the labels of an object that has the same ones in the same place, and changes nothing else", () => {
  const [other, object] = [anObject("a", { app: "x" }, "n"), anObject("b", { app: "x" }, "n")];
  const shared = shareLabels(object, [anObject("c", { app: "y" }, "n"), other]);
  expect(shared).toEqual(object);
  expect(shared.metadata.labels).toBe(other.metadata.labels);
});

it.each([
  ["other labels", anObject("a", { app: "y" }, "n")],
  ["one label more", anObject("a", { app: "x", more: "" }, "n")],
  ["another namespace", anObject("a", { app: "x" }, "m")],
  ["no namespace", anObject("a", { app: "x" })],
  ["no labels", { apiVersion: "v1", kind: "Service", metadata: { name: "a", namespace: "n" } }],
])("keeps its own beside %s", (_, other) => {
  const object = anObject("b", { app: "x" }, "n");
  expect(shareLabels(object, [other])).toBe(object);
});
