import { expect, it } from "vitest";
import { refusalOf } from "#adapters/kubernetes/refusal.ts";

const status = (rest: object) => JSON.stringify({ kind: "Status", status: "Failure", ...rest });

it.each([
  [400, "invalid-input"],
  [401, "unauthenticated"],
  [403, "forbidden"],
  [404, "not-found"],
  [409, "conflict"],
  [410, "stale-generation"],
  [422, "invalid-input"],
  [429, "unavailable"],
  [500, "unavailable"],
  [503, "unavailable"],
  [504, "unavailable"],
])("%i is %s", (code, kind) => {
  expect(refusalOf(code, status({ message: "why" }))).toMatchObject({ kind, message: "The cluster: why" });
});

it("names the verb and the resource of a right that is missing", () => {
  const message = 'secrets "keys" is forbidden: User "agent" cannot get resource "secrets" in API group "" in "a"';
  expect(refusalOf(403, status({ message })).message).toContain('cannot get resource "secrets"');
});

it("knows a namespace that goes away from a right that is missing", () => {
  const message = 'pods "a" is forbidden: unable to create new content in namespace x because it is being terminated';
  expect(refusalOf(403, status({ message })).kind).toBe("not-possible-now");
});

it("tells which fields were wrong, and when to come again", () => {
  const causes = [{ field: ".spec.ports[0].name", message: "Duplicate value" }];
  expect(refusalOf(422, status({ message: "no", details: { causes } })).details.errors).toEqual([
    { path: "spec.ports[0].name", message: "Duplicate value" },
  ]);
  expect(refusalOf(503, status({ details: { retryAfterSeconds: 7 } })).details.retryAfterSeconds).toBe(7);
});

it("takes what is no Status document as it is", () => {
  expect(refusalOf(404, "404 page not found").message).toContain("404 page not found");
  expect(refusalOf(502, "null").message).toContain("null");
});
