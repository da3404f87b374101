import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beginFleet } from "#core/operations/begin-fleet.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";

/** What a control plane on one machine begins with; its admin key is in `<data>/admin-key`. */
export async function firstStart(deps: Dependencies, data: string): Promise<void> {
  const file = join(data, "admin-key");
  await beginFleet(deps, {
    admin: {
      read: async () => (existsSync(file) ? readFileSync(file, "utf8").trim() : undefined),
      async keep(key) {
        writeFileSync(`${file}.new`, `${key}\n`, { mode: 0o600 });
        renameSync(`${file}.new`, file);
      },
    },
  });
}
