import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Claimed, claimedOf, decideVolume, gibOf, wantsMore } from "../../cell-agent/volume.ts";

const claimed = (of: Partial<Claimed> = {}): Claimed => ({
  ...{ storageClass: "fast", template: 4, requested: 4, capacity: 4 },
  ...of,
});

describe("the volume of a network", () => {
  it.each<[string, number, Claimed | undefined, boolean, object]>([
    ["is as large as the plan where there is none", 10, undefined, false, { template: 10, usable: 10, quota: 10 }],
    ["is left alone where it fits", 4, claimed(), true, { template: 4, usable: 4, quota: 4 }],
    ["grows where its class allows that", 10, claimed(), true, { template: 4, usable: 4, quota: 10, grow: 10 }],
    ["stays where it does not", 10, claimed(), false, { template: 4, usable: 4, quota: 10 }],
    [
      "is growing until the cluster says so",
      10,
      claimed({ requested: 10 }),
      true,
      { template: 4, usable: 4, quota: 10 },
    ],
    ["has grown", 10, claimed({ requested: 10, capacity: 10 }), true, { template: 4, usable: 10, quota: 10 }],
    ["never shrinks", 4, claimed({ requested: 10, capacity: 10 }), true, { template: 4, usable: 10, quota: 10 }],
    [
      "counts as it was asked for, until the cluster says more",
      4,
      claimed({ capacity: undefined }),
      true,
      { usable: 4 },
    ],
  ])("%s", (_, planned, of, expandable, expected) => {
    const { note, ...sizes } = decideVolume(planned, of, { expandable });
    expect(sizes).toMatchObject(expected);
    expect(sizes.grow).toBe((expected as { grow?: number }).grow);
  });

  it("says what people should know, by the name of the class", () => {
    const note = (planned: number, of: Claimed, expandable: boolean) => decideVolume(planned, of, { expandable }).note;
    expect(note(10, claimed(), false)).toMatchObject({
      reason: "NotExpandable",
      message: expect.stringMatching(/fast/),
    });
    expect(note(10, claimed(), true)).toMatchObject({ type: "VolumeSized", status: "False", reason: "Growing" });
    expect(note(10, claimed({ requested: 10 }), true)).toMatchObject({ reason: "Growing" });
    expect(note(10, claimed({ requested: 10, capacity: 10 }), true)).toBeUndefined();
  });

  it("never has its stateful set changed, asks for no less than it has, and promises no more than there is", () => {
    const size = fc.integer({ min: 1, max: 100 });
    void fc.assert(
      fc.property(size, size, size, size, fc.boolean(), (planned, template, more, capacity, expandable) => {
        const requested = template + more;
        const volume = decideVolume(planned, { storageClass: "x", template, requested, capacity }, { expandable });
        expect(volume.template).toBe(template);
        expect(volume.usable).toBeLessThanOrEqual(capacity);
        expect(volume.quota).toBeGreaterThanOrEqual(requested);
        if (volume.grow !== undefined) expect(volume.grow).toBeGreaterThan(requested);
      }),
    );
  });

  it("is read from what the agent holds", () => {
    const set = { apiVersion: "apps/v1", kind: "StatefulSet", metadata: { name: "nats" }, spec: { storage: "4Gi" } };
    const claim = {
      ...{ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "data-nats-0" } },
      spec: { storageClassName: "fast", resources: { requests: { storage: "10Gi" } } },
      status: { capacity: { storage: "5Gi" } },
    };
    expect(claimedOf([set])).toBeUndefined();
    expect(claimedOf([set, claim])).toEqual({ storageClass: "fast", template: 4, requested: 10, capacity: 5 });
    expect(wantsMore(40, claimedOf([set, claim]))).toBe(true);
    expect(wantsMore(10, claimedOf([set, claim]))).toBe(false);
    expect(wantsMore(10, undefined)).toBe(false);
  });

  it.each([
    ["4Gi", 4],
    ["512Mi", 0.5],
    ["1Ti", 1_024],
    ["4294967296", 4],
  ])("reads %s as %d GiB", (text, gib) => {
    expect(gibOf(text)).toBe(gib);
  });
});
