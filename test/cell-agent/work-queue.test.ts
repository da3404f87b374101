import { describe, expect, it } from "vitest";
import { systemClock } from "#adapters/world.ts";
import { Refusal } from "#core/errors.ts";
import { inTurn } from "../../cell-agent/in-turn.ts";
import { type Outcome, workQueue } from "../../cell-agent/work-queue.ts";

function aQueue(work: (key: string) => Promise<Outcome>, workers = 4) {
  return workQueue({ work, workers, clock: systemClock, chance: () => 0, log: () => {} });
}

describe("the work queue", () => {
  it("never works on one key twice at once, and once more after a change in between", async () => {
    const releases: (() => void)[] = [];
    let most = 0;
    let now = 0;
    const queue = aQueue(async () => {
      now += 1;
      most = Math.max(most, now);
      await new Promise<void>((release) => releases.push(release));
      now -= 1;
      return {};
    });
    for (let i = 0; i < 5; i++) queue.add("a");
    await expect.poll(() => releases).toHaveLength(1);
    for (let i = 0; i < 5; i++) queue.add("a");
    releases[0]?.();
    await expect.poll(() => releases).toHaveLength(2);
    releases[1]?.();
    await queue.close();
    expect(releases).toHaveLength(2);
    expect(most).toBe(1);
  });

  it("works on as many keys at once as it has workers, and on all in the end", async () => {
    const done = new Set<string>();
    let now = 0;
    let most = 0;
    const queue = aQueue(async (key) => {
      now += 1;
      most = Math.max(most, now);
      await Promise.resolve();
      now -= 1;
      done.add(key);
      return {};
    }, 3);
    for (let i = 0; i < 50; i++) queue.add(String(i));
    await expect.poll(() => done.size).toBe(50);
    expect(most).toBe(3);
    await queue.close();
  });

  it("tries again what failed, and does again what asks for it", async () => {
    let tries = 0;
    const queue = aQueue(async () => {
      tries += 1;
      if (tries < 3) throw new Error("not yet");
      return tries < 5 ? { againMs: 1 } : {};
    });
    queue.add("a");
    await expect.poll(() => tries, { timeout: 60_000 }).toBe(5);
    await queue.close();
  });

  it("leaves a key alone for as long as a refusal says, whatever is heard of it meanwhile, and works on others", async () => {
    const sleeps: { readonly forMs: number; readonly end: () => void }[] = [];
    const clock = { sleep: (forMs: number) => new Promise<void>((end) => void sleeps.push({ forMs, end })) };
    const done: string[] = [];
    let isBusy = true;
    const queue = workQueue({
      ...{ workers: 1, clock, chance: () => 0.5, log: () => {} },
      async work(key) {
        done.push(key);
        // Heard while it is worked on.
        if (isBusy) queue.add("a");
        if (isBusy && key === "a") throw new Refusal("unavailable", "busy", { retryAfterSeconds: 20 });
        return {};
      },
    });
    queue.add("a");
    await expect.poll(() => sleeps.map(({ forMs }) => forMs)).toEqual([22_500]);
    queue.add("a");
    queue.add("b");
    await expect.poll(() => done).toEqual(["a", "b"]);
    isBusy = false;
    sleeps[0]?.end();
    await expect.poll(() => done).toEqual(["a", "b", "a"]);
    queue.add("a");
    await expect.poll(() => done).toEqual(["a", "b", "a", "a"]);
    await queue.close();
  });

  it.each([
    ["its own wait where that is longer", { told: 1, failures: 9, waits: 12_800 }],
    ["a minute at most", { told: 86_400, failures: 1, waits: 60_000 }],
  ])("waits %s", async (_, { told, failures, waits }) => {
    const sleeps: number[] = [];
    const clock = {
      sleep: (forMs: number) => (sleeps.push(forMs) === failures ? new Promise<void>(() => {}) : Promise.resolve()),
    };
    const work = () => Promise.reject(new Refusal("unavailable", "busy", { retryAfterSeconds: told }));
    const queue = workQueue({ work, workers: 1, clock, chance: () => 0, log: () => {} });
    queue.add("a");
    await expect.poll(() => sleeps).toHaveLength(failures);
    expect(sleeps.at(-1)).toBe(waits);
    await queue.close();
  });
});

describe("turns", () => {
  it("keep the order of one key, also after a failure", async () => {
    const turn = inTurn();
    const order: number[] = [];
    const all = [3, 1, 2].map((n) =>
      turn("a", async () => {
        await Promise.resolve();
        order.push(n);
        if (n === 1) throw new Error("no");
      }).catch(() => {}),
    );
    await Promise.all(all);
    expect(order).toEqual([3, 1, 2]);
  });
});
