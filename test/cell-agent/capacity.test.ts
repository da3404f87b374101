import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mebibytesOf, milliCpuOf, roomOf } from "../../cell-agent/capacity.ts";

const node = (cpu: string, memory: string, pods = "110", unschedulable = false) => ({
  ...{ spec: { unschedulable }, status: { allocatable: { cpu, memory, pods } } },
});
const pod = (cpu: string, memory: string, phase = "Running") => ({
  ...{ spec: { containers: [{ resources: { requests: { cpu, memory } } }] }, status: { phase } },
});
const bare = { spec: { containers: [{}] } };

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
