import type { CellView } from "#core/model/cell-view.ts";
import { age } from "../age.ts";
import { noun } from "../command.ts";
import { labelsText, writeList, writeOne } from "../output.ts";
import { everything } from "../session.ts";

const reported = ({ report }: CellView, now: number): string =>
  report ? `${age(report.at, now)} ago${report.fresh ? "" : " (too long)"}` : "never";

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
          whenEmpty: "There is no cell yet. `npm start` brings two of its own; POST /v1/cells registers another.",
          columns: [
            { title: "NAME", of: ({ name }) => name },
            { title: "REGION", of: ({ region }) => region },
            { title: "SCHEDULABLE", of: ({ schedulable }) => (schedulable ? "yes" : "no") },
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
        const { terminal, format } = session;
        const cell = await session.cell(which);
        const now = terminal.now();
        await writeOne(terminal, format, {
          data: cell,
          name: cell.name,
          shown: [
            ["Name", cell.name],
            ["Id", cell.id],
            ["Region", cell.region],
            ["Labels", labelsText(cell.labels)],
            ["Schedulable", cell.schedulable ? "yes" : "no"],
            ["Networks", `${cell.reserved.networks} of ${cell.limits.networks}`],
            ["URL", cell.url ?? "- (it has not joined yet)"],
            ["Domain", cell.domain ?? "-"],
            ["Reported", reported(cell, now)],
            ["Agent", cell.report?.agent ?? "-"],
            ["Age", age(cell.createdAt, now)],
          ],
        });
      },
    },
  ],
});
