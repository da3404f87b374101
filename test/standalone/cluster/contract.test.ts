import { clusterContract } from "../../contracts/cluster.ts";
import { aCell } from "./cell.ts";

clusterContract("the embedded cluster", async () => {
  const cell = await aCell();
  return {
    cluster: cell.cluster,
    async interrupt() {
      await cell.kill();
      await cell.start();
    },
    close: cell.close,
  };
});
