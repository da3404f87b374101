import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KubeObject } from "#core/model/kube-object.ts";
import { applied, claimed } from "../../../../standalone/cluster/objects/fields.ts";

const anObject = (more: object = {}, metadata: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "a", ...metadata },
  ...more,
});

describe("server-side apply", () => {
  it.each([
    ["sets what is named", { data: {} }, undefined, { data: { a: "1" } }, { data: { a: "1" } }],
    [
      "drops what was named",
      { data: { a: "1", b: "2" } },
      { data: { a: "1", b: "2" } },
      { data: { b: "2" } },
      { data: { b: "2" } },
    ],
    ["keeps what nobody named", { data: { a: "1", z: "9" } }, { data: { a: "1" } }, { data: {} }, { data: { z: "9" } }],
    ["drops a member whole when nothing else is in it", { data: { a: "1" } }, { data: { a: "1" } }, {}, {}],
    [
      "keeps the rest of a member that it drops",
      { data: { a: "1", z: "9" } },
      { data: { a: "1" } },
      {},
      { data: { z: "9" } },
    ],
    [
      "replaces lists whole",
      { spec: { l: [1, 2] } },
      { spec: { l: [1, 2] } },
      { spec: { l: [3] } },
      { spec: { l: [3] } },
    ],
    ["replaces a value by an object", { spec: 1 }, { spec: 1 }, { spec: { a: 1 } }, { spec: { a: 1 } }],
  ])("%s", (_, live, before, next, expected) => {
    const was = before === undefined ? undefined : anObject(before);
    expect(applied(anObject(live), was, anObject(next))).toEqual(anObject(expected));
  });

  it("shares finalizers and owners with others", () => {
    const other = { apiVersion: "v1", kind: "X", name: "o", uid: "1" };
    const ours = { apiVersion: "v1", kind: "X", name: "u", uid: "2" };
    const live = anObject({}, { finalizers: ["x/theirs", "x/ours"], ownerReferences: [other, ours] });
    const before = anObject({}, { finalizers: ["x/ours"], ownerReferences: [ours] });
    const next = anObject({}, { finalizers: ["x/new"] });
    expect(applied(live, before, next).metadata).toEqual({
      name: "a",
      finalizers: ["x/theirs", "x/new"],
      ownerReferences: [other],
    });
  });

  const data = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.constantFrom("1", "2"));

  it("names everything it was asked for, touches nothing of others, and changes nothing the second time", () => {
    fc.assert(
      fc.property(data, data, data, (others, before, next) => {
        const live = anObject({ data: { ...others, ...before } });
        const once = applied(live, anObject({ data: before }), anObject({ data: next }));
        const found = (once.data ?? {}) as Record<string, string>;
        for (const [key, value] of Object.entries(next)) expect(found[key]).toBe(value);
        for (const key of Object.keys(found)) expect(key in next || (key in others && !(key in before))).toBe(true);
        for (const key of Object.keys(others)) if (!(key in before)) expect(found).toHaveProperty(key);
        expect(applied(once, anObject({ data: next }), anObject({ data: next }))).toEqual(once);
      }),
    );
  });

  it("claims neither status nor what the server writes, and takes a Secret's text as data", () => {
    const written = anObject(
      { status: { a: 1 }, stringData: { k: "v" }, data: { j: "dw==" }, empty: null },
      { uid: "1", resourceVersion: "2", generation: 3, labels: { a: "b" } },
    );
    expect(claimed(written)).toEqual(anObject({ data: { j: "dw==", k: "dg==" } }, { labels: { a: "b" } }));
  });
});
