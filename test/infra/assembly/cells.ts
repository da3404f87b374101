import { homedir } from "node:os";
import { apiClient } from "#adapters/http.ts";
import { cacheFolder } from "../../../standalone/bundle.ts";
import { startCell } from "../../../standalone/supervisor/cell.ts";
import { openDataFolder } from "../../../standalone/supervisor/data-folder.ts";
import { openLifeline } from "../../../standalone/supervisor/lifeline.ts";
import { prepare } from "../../../standalone/supervisor/prepare-programs.ts";
import { registerCell } from "../../../standalone/supervisor/register-cell.ts";

export interface Cells {
  readonly ids: readonly string[];
  close(): Promise<void>;
}

/** Real embedded cells, registered and joined at a control plane by its public door: as standalone starts them. */
export async function startCells(options: {
  readonly data: string;
  readonly controlPlane: string;
  readonly key: string;
  readonly count: number;
}): Promise<Cells> {
  const { data, controlPlane, key, count } = options;
  const { PATH = "", HOME = homedir() } = process.env;
  openDataFolder(data);
  const cacheDir = cacheFolder(process.env, HOME);
  const { commands, programsFile, compileCache } = await prepare({ data, cacheDir, path: PATH, say: () => {} });
  const lifeline = openLifeline(data);
  const api = apiClient({ url: controlPlane, bearer: key });
  const environment = { PATH, HOME, NODE_COMPILE_CACHE: compileCache, LOG_LEVEL: "info" };
  const ids: string[] = [];
  const children: { stop(): Promise<void>; kill(): void }[] = [];
  for (let number = 1; number <= count; number += 1) {
    const cell = await startCell({
      ...{ name: `cell-${number}`, data, controlPlane, commands, programsFile, environment, lifeline },
      onStart: () => {},
      onEnd: () => {},
    });
    ids.push(await registerCell(api, cell));
    children.push(cell.startAgent(), cell.cluster);
  }
  api.close();
  return {
    ids,
    async close() {
      await Promise.race([
        Promise.all(children.map((child) => child.stop())),
        new Promise((resolve) => setTimeout(resolve, 5_000)),
      ]);
      for (const child of children) child.kill();
      lifeline.close();
    },
  };
}
