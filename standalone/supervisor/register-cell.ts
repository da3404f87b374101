import { randomUUID } from "node:crypto";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ApiClient } from "#adapters/http.ts";
import { decideRegistration } from "#core/model/cell-registration.ts";
import type { CellView } from "#core/model/cell-view.ts";
import { writeAtomically } from "../write-file.ts";

/** Where the join token waits for the agent, 0600, until it has joined. */
export const joinTokenFile = (folder: string): string => join(folder, "join-token");

/** Sees to it that the control plane knows the cell `name`, and that its agent can join; answers its id. */
export async function registerCell(
  api: ApiClient,
  { name, folder }: { name: string; folder: string },
): Promise<string> {
  const known = (await cellsOf(api)).find((cell) => cell.name === name);
  const file = joinTokenFile(folder);
  const decision = decideRegistration({ known, tokenAgeMs: ageOf(file) });
  if (known && decision === "use-token") return known.id;

  // An older token must never pass for the one that is made next.
  rmSync(file, { force: true });
  if (known && decision === "joined") return known.id;
  if (known) await api.call({ method: "DELETE", path: `/v1/cells/${known.id}`, headers: { "if-match": "*" } });
  const { body } = await api.call<{ cell: CellView; joinToken: string }>({
    method: "POST",
    path: "/v1/cells",
    headers: { "idempotency-key": randomUUID() },
    body: { name, region: "local" },
  });
  writeAtomically(file, `${body.joinToken}\n`);
  return body.cell.id;
}

export async function cellsOf(api: ApiClient): Promise<CellView[]> {
  const cells: CellView[] = [];
  for (let cursor: string | undefined; ; ) {
    const query = cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const { body } = await api.call<{ items: CellView[]; next?: string }>({ path: `/v1/cells?limit=200${query}` });
    cells.push(...body.items);
    if (body.next === undefined) return cells;
    cursor = body.next;
  }
}

function ageOf(file: string): number | undefined {
  const found = statSync(file, { throwIfNoEntry: false });
  return found && Date.now() - found.mtimeMs;
}
