import { expect, vi } from "vitest";
import { cellsContract } from "../contracts/cells.ts";
import { aNetwork, anOrder, aServedCell } from "./a-served-cell.ts";

cellsContract("signed https to an agent", async () => {
  const served = await aServedCell();
  await vi.waitFor(() => expect(served.controlPlane.joins).toHaveLength(1), { timeout: 60_000 });
  await served.whenReady();
  const address = served.address();
  return {
    cells: served.cells,
    address,
    nowhere: { ...address, publicUrl: "https://127.0.0.1:1" },
    aNetwork,
    anOrder,
    close: served.close,
  };
});
