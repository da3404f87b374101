import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Bus, KvChange } from "#core/ports.ts";

/** What every bus must do, whatever it is made of. `open` is a new connection to the same empty account. */
export function busContract(name: string, open: () => Promise<Bus>): void {
  describe(`${name} as a bus`, () => {
    const opened: Bus[] = [];
    let bus: Bus;
    const another = async () => {
      const next = await open();
      opened.push(next);
      return next;
    };
    let bucketNumber = 0;
    const newName = () => `B${bucketNumber++}_${Math.random().toString(36).slice(2)}`;
    beforeEach(async () => {
      bus = await another();
    });
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((each) => each.close()));
    });

    it("keeps values, and shows what is not there as undefined", async () => {
      const bucket = await bus.bucket(newName());
      expect(await bucket.get("a")).toBeUndefined();
      const revision = await bucket.put("a", "one");
      expect(await bucket.get("a")).toEqual({ key: "a", value: "one", revision });
      await bucket.remove("a");
      await bucket.remove("a");
      expect(await bucket.get("a")).toBeUndefined();
      expect(await bucket.entries()).toEqual([]);
    });

    it("finds again what another connection wrote to a bucket of the same name", async () => {
      const bucket = newName();
      await (await bus.bucket(bucket, { history: 5 })).put("a", "one");
      const other = await (await another()).bucket(bucket, { history: 5 });
      expect((await other.entries()).map(({ key, value }) => [key, value])).toEqual([["a", "one"]]);
    });

    it("creates a key once, and again after its removal", async () => {
      const bucket = await bus.bucket(newName());
      await bucket.create("a", "first");
      await expect(bucket.create("a", "second")).rejects.toMatchObject({ kind: "conflict" });
      await bucket.remove("a");
      await bucket.create("a", "third");
      expect((await bucket.get("a"))?.value).toBe("third");
    });

    it("lets exactly one of many writers of the same revision through", async () => {
      const bucket = await bus.bucket(newName());
      const revision = await bucket.create("a", "0");
      const tries = await Promise.allSettled([1, 2, 3, 4, 5].map((n) => bucket.replace("a", `${n}`, revision)));
      expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
      for (const each of tries) if (each.status === "rejected") expect(each.reason).toMatchObject({ kind: "conflict" });
    });

    it("tells a watcher what is there, then what changes, then what goes", async () => {
      const bucket = await bus.bucket(newName());
      await bucket.put("a", "1");
      await bucket.put("b", "1");
      const seen: [string, KvChange["value"]][] = [];
      const stop = await bucket.watch(({ key, value }) => seen.push([key, value]));
      expect(seen).toEqual([
        ["a", "1"],
        ["b", "1"],
      ]);
      await bucket.put("a", "2");
      await bucket.remove("b");
      await expect
        .poll(() => seen.slice(2))
        .toEqual([
          ["a", "2"],
          ["b", undefined],
        ]);
      stop();
    });

    it("watches an empty bucket", async () => {
      const bucket = await bus.bucket(newName());
      const seen: string[] = [];
      const stop = await bucket.watch(({ key }) => seen.push(key));
      await bucket.put("a", "1");
      await expect.poll(() => seen).toEqual(["a"]);
      stop();
    });

    it("carries messages to who listens, and answers back", async () => {
      const other = await another();
      const stop = other.subscribe("questions.*", ({ subject, data, reply }) => reply(`${subject} ${data}`));
      await other.flush();
      expect(await bus.request("questions.one", "why", 2_000)).toBe("questions.one why");
      stop();
      await other.flush();
      await expect(bus.request("questions.one", "why", 500)).rejects.toMatchObject({ kind: "unavailable" });
    });

    it("keeps a stream that is asked for twice, and removes it", async () => {
      const [stream, subject] = [newName(), newName()];
      const settings = { subjects: [`${subject}.>`], maxAgeMs: 60_000, appendOnly: true };
      await bus.stream(stream, settings);
      await bus.append(`${subject}.a`, "one");
      await bus.stream(stream, settings);
      await bus.append(`${subject}.b`, "two");
      await bus.removeStream(stream);
      await bus.removeStream(stream);
      await expect(bus.append(`${subject}.a`, "three")).rejects.toMatchObject({ kind: "unavailable" });
    });
  });
}
