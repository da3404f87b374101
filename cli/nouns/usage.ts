import type { Command } from "commander";
import type { UsageAnswer } from "#core/api/answers.ts";
import { noun } from "../command.ts";
import { writeList } from "../output.ts";
import { everything, queryOf } from "../session.ts";

type Usage = UsageAnswer["items"][number];

const days = (command: Command): Command =>
  command
    .option("--from <day>", "such as 2026-01-01 (default: the first of this month)")
    .option("--to <day>", "that day included (default: today)");

export const usage = noun({
  name: "usage",
  about: "what an organization used, by day and network: what a bill is made of",
  verbs: [
    {
      usage: "list",
      does: "list what was used, by day (UTC) and network",
      isDefault: true,
      examples: ["usage list", "usage list --org acme --from 2026-01-01 --to 2026-01-31"],
      options: days,
      act: async ({ terminal, format, api, org }, { options: { from, to } }) => {
        const found = await everything<Usage>(api, `/v1/orgs/${org}/usage${queryOf({ from, to })}`);
        await writeList(terminal, format, found, {
          nameOf: ({ day, network }) => `${day}/${network ?? org}`,
          whenEmpty: "Nothing was used in that time.",
          columns: [
            { title: "DAY", of: ({ day }) => day },
            { title: "NETWORK", of: ({ name, network }) => name ?? network ?? "(the organization itself)" },
            {
              title: "HOURS",
              of: ({ hours }) =>
                Object.entries(hours)
                  .map(([plan, count]) => `${count} ${plan}`)
                  .join(", ") || "-",
            },
            { title: "PEAK NODES", of: ({ peakNodes }) => String(peakNodes) },
            { title: "AVERAGE", of: ({ averageNodes }) => String(averageNodes) },
            { title: "API CALLS", of: ({ apiCalls }) => String(apiCalls) },
            { title: "ID", of: ({ network }) => network ?? "-", wide: true },
          ],
        });
      },
    },
    {
      usage: "export",
      does: "write what was used as CSV",
      examples: ["usage export --from 2026-01-01 --to 2026-01-31 > january.csv"],
      options: days,
      act: async ({ terminal, api, org }, { options: { from, to } }) => {
        const path = `/v1/orgs/${org}/usage${queryOf({ from, to, format: "csv" })}`;
        terminal.out((await api.call<string>({ path, accept: "text/csv" })).body);
      },
    },
  ],
});
