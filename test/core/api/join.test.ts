import { expect, it } from "vitest";
import { JoinRequest } from "#core/api.ts";

/** Beyond this a number is no date, and what names it in a sentence would throw. */
it.each([-1, 8_640_000_000_000_001, Number.MIN_SAFE_INTEGER])("takes no join at %d", (ts) => {
  expect(JoinRequest.shape.ts.safeParse(ts).success).toBe(false);
});
