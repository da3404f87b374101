import type { QuotaSpec } from "#core/model/quota.ts";
import { count, noun } from "../command.ts";
import { Failure } from "../failure.ts";
import { writeOne } from "../output.ts";
import type { Session } from "../session.ts";

export const quota = noun({
  name: "quota",
  about: "what an organization may have",
  verbs: [
    {
      usage: "get",
      does: "show what the organization may have",
      isDefault: true,
      examples: ["quota get", "quota get --org acme"],
      act: async (session) => show(session, (await session.api.call<QuotaSpec>({ path: pathIn(session) })).body),
    },
    {
      usage: "update",
      does: "set what an organization may have; what is not said stays (for platform operators)",
      examples: ["quota update --org acme --networks 200 --requests-per-minute 60000"],
      options: (command) =>
        command
          .option("--networks <n>", "how many networks", count)
          .option("--nodes-per-network <n>", "how many nodes in each", count)
          .option("--members <n>", "how many members and invitations", count)
          .option("--keys <n>", "how many API keys", count)
          .option("--requests-per-minute <n>", "how many calls of the API", count),
      act: async (session, { options }) => {
        const { networks, nodesPerNetwork, members, keys, requestsPerMinute } = options;
        const said = Object.entries({ networks, nodesPerNetwork, members, keys, requestsPerMinute }).filter(
          ([, value]) => value !== undefined,
        );
        if (said.length === 0) throw new Failure("usage", "It is not said what to change.", "Such as --networks 200.");
        const { body: before, headers } = await session.api.call<QuotaSpec>({ path: pathIn(session) });
        const { body } = await session.api.call<QuotaSpec>({
          method: "PUT",
          path: pathIn(session),
          headers: { "if-match": String(headers.etag) },
          body: { ...before, ...Object.fromEntries(said) },
        });
        await show(session, body);
      },
    },
  ],
});

const pathIn = ({ org }: Session): string => `/v1/orgs/${org}/quota`;

const show = ({ terminal, format, org }: Session, limits: QuotaSpec): Promise<void> =>
  writeOne(terminal, format, {
    data: limits,
    name: org,
    shown: [
      ["Networks", String(limits.networks)],
      ["Nodes per network", String(limits.nodesPerNetwork)],
      ["Members", String(limits.members)],
      ["Keys", String(limits.keys)],
      ["Requests per minute", String(limits.requestsPerMinute)],
    ],
  });
