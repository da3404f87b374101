import type { CellView } from "#core/model/cell-view.ts";
import { age } from "../age.ts";
import { noun } from "../command.ts";
import { labelsText, writeList } from "../output.ts";
import { everything } from "../session.ts";
import { reported, showCell } from "../show-cell.ts";
import { cellCommands } from "./cell-commands.ts";

export const cells = noun({
  name: "cells",
  about: "clusters that networks run in (for platform operators)",
  verbs: [
    {
      usage: "list",
      does: "list the cells",
      examples: ["cells list", "cells list -o wide"],
      act: async ({ terminal, format, api }) => {
        const now = terminal.now();
        await writeList(terminal, format, await everything<CellView>(api, "/v1/cells"), {
          nameOf: ({ name }) => name,
          whenEmpty:
            "There is no cell yet. `npm start` brings two of its own; `cellplane cells create` registers another.",
          columns: [
            { title: "NAME", of: ({ name }) => name },
            { title: "REGION", of: ({ region }) => region },
            { title: "SCHEDULABLE", of: ({ schedulable }) => (schedulable ? "yes" : "cordoned") },
            { title: "NETWORKS", of: ({ reserved, limits }) => `${reserved.networks}/${limits.networks}` },
            { title: "REPORTED", of: (cell) => reported(cell, now) },
            { title: "AGE", of: ({ createdAt }) => age(createdAt, now) },
            { title: "ID", of: ({ id }) => id, wide: true },
            { title: "URL", of: ({ url }) => url ?? "-", wide: true },
            { title: "AGENT", of: ({ report }) => report?.agent ?? "-", wide: true },
            { title: "LABELS", of: ({ labels }) => labelsText(labels), wide: true },
          ],
        });
      },
    },
    {
      usage: "get <cell>",
      does: "show one cell, by name or id",
      examples: ["cells get cell-1"],
      act: async (session, { args: [which = ""] }) => {
        const { id } = await session.cell(which);
        await showCell(session, (await session.api.call<CellView>({ path: `/v1/cells/${id}` })).body);
      },
    },
    ...cellCommands,
  ],
});
