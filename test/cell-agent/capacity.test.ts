import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KubeObject } from "#core/model/kube-object.ts";
import type { Cluster, ObjectEvent } from "#core/ports.ts";
import { askedBy, givenBy, mebibytesOf, milliCpuOf, roomIn, watchCapacity } from "../../cell-agent/capacity.ts";

const node = (cpu: string, memory: string, pods = "110", unschedulable = false) => ({
  ...{ spec: { unschedulable }, status: { allocatable: { cpu, memory, pods } } },
});
const pod = (cpu: string, memory: string, phase = "Running") => ({
  ...{ spec: { containers: [{ resources: { requests: { cpu, memory } } }] }, status: { phase } },
});
const bare = { spec: { containers: [{}] } };
const roomOf = (nodes: readonly unknown[], pods: readonly unknown[]) =>
  roomIn(
    nodes.flatMap((one) => givenBy(one) ?? []),
    pods.flatMap((one) => askedBy(one) ?? []),
  );

describe("the room of a cell", () => {
  it("is unknown where no machine is known", () => {
    expect(roomOf([], [pod("1", "1Gi")])).toBeNull();
  });

  it("is what the scarcest of CPU, memory and pods allows", () => {
    const most = roomOf([node("64", "512Gi", "10000")], []) ?? 0;
    expect(most).toBeGreaterThan(100);
    expect(roomOf([node("64", "512Gi", "10")], [])).toBe(5);
    expect(roomOf([node("0", "512Gi")], [])).toBe(0);
    expect(roomOf([node("64", "0")], [])).toBe(0);
  });

  it("counts what pods ask for, also those that ask for nothing, and not those that have ended", () => {
    const machines = [node("64", "512Gi", "10")];
    expect(roomOf(machines, [bare, bare])).toBe(4);
    expect(roomOf(machines, [pod("64", "1Gi", "Succeeded"), pod("64", "1Gi", "Failed")])).toBe(5);
    expect(roomOf(machines, [pod("64", "1Gi")])).toBe(0);
  });

  it("counts no machine that takes no pods, but what runs on it", () => {
    expect(roomOf([node("64", "512Gi", "10"), node("64", "512Gi", "10", true)], [])).toBe(5);
  });

  it("never grows with another pod, nor shrinks with another machine", () => {
    const pods = fc.array(fc.record({ cpu: fc.nat(2_000), memory: fc.nat(2_000) }), { maxLength: 20 });
    void fc.assert(
      fc.property(pods, fc.nat(32), fc.nat(64), (asked, cpu, gib) => {
        const objects = asked.map((one) => pod(`${one.cpu}m`, `${one.memory}Mi`));
        const machine = node(String(cpu), `${gib}Gi`);
        const room = roomOf([machine], objects) ?? -1;
        expect(room).toBeGreaterThanOrEqual(0);
        expect(roomOf([machine], [...objects, bare]) ?? -1).toBeLessThanOrEqual(room);
        expect(roomOf([machine, machine], objects) ?? -1).toBeGreaterThanOrEqual(room);
      }),
    );
  });

  it.each([
    ["100m", 100],
    ["2", 2_000],
    ["0.5", 500],
  ])("reads %s as %d thousandths of a CPU", (text, expected) => expect(milliCpuOf(text)).toBe(expected));

  it.each([
    ["128Mi", 128],
    ["1Gi", 1_024],
    ["1048576", 1],
    ["2048Ki", 2],
  ])("reads %s as %d MiB", (text, expected) => expect(mebibytesOf(text)).toBe(expected));
});

it("is held as the watches tell, and as it was while one of them begins anew", () => {
  const tellers = new Map<string, (event: ObjectEvent) => void>();
  const watch: Cluster["watch"] = ({ kind }, onEvent) => void tellers.set(kind, onEvent);
  const capacity = watchCapacity({ watch }, new AbortController().signal);
  const tell = (kind: string, ...events: ObjectEvent[]) => {
    for (const event of events) tellers.get(kind)?.(event);
  };
  const aPod = (uid: string) => ({ ...{ apiVersion: "v1", kind: "Pod" }, metadata: { name: uid, uid }, ...bare });
  const machine = {
    ...{ apiVersion: "v1", kind: "Node" },
    metadata: { name: "m", uid: "m" },
    ...node("64", "512Gi", "10"),
  };
  const [begins, synced] = [{ type: "begins" }, { type: "synced" }] as const;
  const present = (object: KubeObject) => ({ type: "present", object }) as const;

  tell("Node", begins, present(machine), synced);
  tell("Pod", begins, present(aPod("a")), present(aPod("b")));
  expect(capacity.room()).toBeNull();
  tell("Pod", synced);
  expect(capacity.room()).toBe(4);
  tell("Pod", present(aPod("c")), { type: "gone", object: aPod("b") }, { type: "gone", object: aPod("a") });
  expect(capacity.room()).toBe(4);
  tell("Pod", { type: "gone", object: aPod("c") });
  expect(capacity.room()).toBe(5);
  tell("Pod", present(aPod("d")), present(aPod("e")), begins, present(aPod("d")));
  expect(capacity.room()).toBe(4);
  tell("Pod", synced, present(aPod("f")), present(aPod("g")));
  expect(capacity.room()).toBe(3);
});
