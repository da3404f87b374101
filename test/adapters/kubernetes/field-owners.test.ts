import { expect, it } from "vitest";
import { withoutUpdatesOf } from "#adapters/kubernetes/field-owners.ts";

const owner = (manager: string, operation: string, fieldsV1: object, rest: object = {}): Record<string, unknown> => ({
  ...{ manager, operation, fieldsV1 },
  ...rest,
});
const of = (...managedFields: Record<string, unknown>[]) => withoutUpdatesOf("us", { name: "a", managedFields });

it("leaves owners alone that have no update of ours", () => {
  expect(of()).toBeUndefined();
  expect(of(owner("us", "Apply", { "f:spec": {} }), owner("you", "Update", { "f:spec": {} }))).toBeUndefined();
  expect(of(owner("us", "Update", { "f:status": {} }, { subresource: "status" }))).toBeUndefined();
});

it("makes our create an apply, and keeps what others own", () => {
  const yours = owner("you", "Update", { "f:metadata": {} });
  expect(of(yours, owner("us", "Update", { "f:spec": { "f:a": {} } }))).toEqual([
    yours,
    owner("us", "Apply", { "f:spec": { "f:a": {} } }),
  ]);
});

it("joins it with an apply that was there, and drops no field of either", () => {
  const owners = of(
    owner("us", "Update", { "f:spec": { "f:a": {}, "f:b": { "f:c": {} } } }),
    owner("us", "Apply", { "f:spec": { "f:b": { "f:d": {} } } }),
  );
  expect(owners).toEqual([owner("us", "Apply", { "f:spec": { "f:a": {}, "f:b": { "f:c": {}, "f:d": {} } } })]);
});
