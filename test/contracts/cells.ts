import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { NetworkId } from "#core/model/ids.ts";
import type { CellOrder } from "#core/model/instance.ts";
import type { CellAddress, Cells } from "#core/ports.ts";

/** What every way to talk to cells must do. `open` gives a cell that is empty and has joined. */
export function cellsContract(
  name: string,
  open: () => Promise<{
    cells: Cells;
    address: CellAddress;
    /** The address of a cell that nobody answers for. */
    nowhere: CellAddress;
    aNetwork: () => NetworkId;
    anOrder: (order?: Partial<CellOrder>) => CellOrder;
    close: () => Promise<void>;
  }>,
): void {
  describe(`${name} as a way to talk to cells`, () => {
    let opened: Awaited<ReturnType<typeof open>>;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened.close());

    it("applies an order, and the same again changes nothing", async () => {
      const { cells, address, aNetwork, anOrder } = opened;
      const network = aNetwork();
      const order = anOrder();
      expect(await cells.apply(address, network, order)).toMatchObject({ network, epoch: 1, generation: 1 });
      expect(await cells.apply(address, network, order)).toMatchObject({ network, epoch: 1, generation: 1 });
      await cells.remove(address, network, { epoch: 1, generation: 2 });
    });

    it("refuses an older order, and another one under the same fence", async () => {
      const { cells, address, aNetwork, anOrder } = opened;
      const network = aNetwork();
      const order = anOrder({ generation: 3 });
      await cells.apply(address, network, order);
      const stale = { kind: "stale-generation", details: { extra: { highestSeen: { epoch: 1, generation: 3 } } } };
      await expect(cells.apply(address, network, { ...order, generation: 2 })).rejects.toMatchObject(stale);
      await expect(
        cells.apply(address, network, { ...order, spec: { ...order.spec, name: "another" } }),
      ).rejects.toMatchObject(stale);
      await expect(cells.remove(address, network, { epoch: 1, generation: 2 })).rejects.toMatchObject(stale);
      await cells.remove(address, network, { epoch: 1, generation: 4 });
    });

    it("observes until a network is settled, and what it knows when the time is over", async () => {
      const { cells, address, aNetwork, anOrder } = opened;
      const network = aNetwork();
      await cells.apply(address, network, anOrder());
      const settled = await vi.waitFor(
        async () => {
          const observed = await cells.observe(address, network, { generation: 1, waitMs: 20_000 });
          expect(observed).toMatchObject({ network, phase: "ready", observedGeneration: 1 });
          return observed;
        },
        { timeout: 60_000 },
      );
      expect(settled?.endpoints).not.toBeNull();
      const later = await cells.observe(address, network, { generation: 2, waitMs: 1_000 });
      expect(later).toMatchObject({ phase: "ready", observedGeneration: 1 });
      await cells.remove(address, network, { epoch: 1, generation: 2 });
    });

    it("takes away, knows nothing of it then, and lets no late order bring it back", async () => {
      const { cells, address, aNetwork, anOrder } = opened;
      const network = aNetwork();
      await cells.apply(address, network, anOrder());
      await cells.remove(address, network, { epoch: 1, generation: 5 });
      await cells.remove(address, network, { epoch: 1, generation: 5 });
      await vi.waitFor(
        async () => expect(await cells.observe(address, network, { generation: 5, waitMs: 5_000 })).toBeUndefined(),
        { timeout: 60_000 },
      );
      await expect(cells.apply(address, network, anOrder({ generation: 4 }))).rejects.toMatchObject({
        kind: "stale-generation",
      });
      await cells.remove(address, network, { epoch: 1, generation: 6 });
    });

    it("keeps out a network whose deletion came before its creation", async () => {
      const { cells, address, aNetwork, anOrder } = opened;
      const network = aNetwork();
      await cells.remove(address, network, { epoch: 1, generation: 2 });
      await expect(cells.apply(address, network, anOrder())).rejects.toMatchObject({ kind: "stale-generation" });
      expect(await cells.observe(address, network, { generation: 1, waitMs: 0 })).toBeUndefined();
    });

    it("lists and reports what is there, changed and gone", async () => {
      const { cells, address, aNetwork, anOrder } = opened;
      const before = await cells.report(address, { since: null, waitMs: 0 });
      const network = aNetwork();
      await cells.apply(address, network, anOrder());
      const changed = await cells.report(address, { since: before.cursor, waitMs: 10_000 });
      expect(changed.networks.map((one) => one.network)).toContain(network);
      const listed = (await cells.list(address)).find(({ id }) => id === network);
      expect(listed).toMatchObject({ epoch: 1, generation: 1, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });

      await cells.remove(address, network, { epoch: 1, generation: 2 });
      let { cursor } = changed;
      await vi.waitFor(
        async () => {
          const digest = await cells.report(address, { since: cursor, waitMs: 10_000 });
          cursor = digest.cursor;
          expect(digest.gone).toContain(network);
        },
        { timeout: 60_000 },
      );
      expect((await cells.list(address)).map(({ id }) => id)).not.toContain(network);
    });

    it("says what a repeat would help, and what not", async () => {
      const { cells, address, nowhere, aNetwork, anOrder } = opened;
      await expect(cells.apply(nowhere, aNetwork(), anOrder())).rejects.toMatchObject({ kind: "cell-unreachable" });
      await expect(cells.apply(address, aNetwork(), { ...anOrder(), generation: 0 })).rejects.toMatchObject({
        kind: "cell-refused",
      });
    });
  });
}
