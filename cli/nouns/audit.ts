import type { AuditEvent } from "#core/model/audit.ts";
import { count, noun } from "../command.ts";
import { writeList } from "../output.ts";
import { everything, queryOf } from "../session.ts";

export const audit = noun({
  name: "audit",
  about: "who did what, when and from where; also of what is gone",
  verbs: [
    {
      usage: "list",
      does: "list what was done in the organization, newest first",
      isDefault: true,
      examples: [
        "audit list",
        "audit list --action network.delete --since 2026-01-01T00:00:00.000Z",
        "audit list --subject rol_01k… -o yaml   # with what was before and after",
      ],
      options: (command) =>
        command
          .option("--action <action>", "`network` for all on networks, `network.create` for one")
          .option("--actor <actor>", "by whom: user:usr_… or key:cpk_…")
          .option("--subject <id>", "on what")
          .option("--since <time>", "from then on, in RFC 3339")
          .option("--until <time>", "up to then")
          .option("--limit <n>", "at most so many", count, 50),
      act: async ({ terminal, format, api, org }, { options }) => {
        const { action, actor, subject, since, until, limit } = options;
        const query = queryOf({ action, actor, subject, since, until });
        const found = await everything<AuditEvent>(api, `/v1/orgs/${org}/audit${query}`, Number(limit));
        await writeList(terminal, format, found, {
          nameOf: ({ id }) => id,
          whenEmpty: query ? "Nothing matches." : "Nothing was done yet.",
          columns: [
            { title: "AT", of: ({ at }) => at },
            { title: "WHO", of: (event) => event.actor },
            { title: "WHAT", of: (event) => event.action },
            { title: "ON", of: (event) => event.subject },
            { title: "FROM", of: ({ from }) => from, wide: true },
            { title: "AFTER", of: ({ after }) => JSON.stringify(after) ?? "-", wide: true },
          ],
        });
      },
    },
  ],
});
