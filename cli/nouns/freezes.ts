import { InvalidArgumentError } from "commander";
import { describeScope, type Freeze, isInForce } from "#core/model/rollout/freeze.ts";
import { age, span } from "../age.ts";
import { duration, noun } from "../command.ts";
import { Failure } from "../failure.ts";
import { writeList, writeOne } from "../output.ts";
import { reasoned, reasonFor } from "../reason.ts";
import { everything } from "../session.ts";

export const freezes = noun({
  name: "freezes",
  about: "times in which rollouts start nothing (for platform operators)",
  verbs: [
    {
      usage: "list",
      does: "list the freezes, newest first",
      examples: ["freezes list"],
      act: async ({ terminal, format, api }) => {
        const now = terminal.now();
        await writeList(terminal, format, await everything<Freeze>(api, "/v1/freezes"), {
          nameOf: ({ id }) => id,
          whenEmpty: "Nothing is frozen.",
          columns: [
            { title: "ID", of: ({ id }) => id },
            { title: "SCOPE", of: ({ scope }) => describeScope(scope) },
            { title: "STATE", of: (freeze) => stateOf(freeze, now) },
            { title: "UNTIL", of: ({ until }) => until },
            { title: "REASON", of: ({ reason }) => reason },
            { title: "BY", of: ({ actor }) => actor, wide: true },
            { title: "AGE", of: ({ createdAt }) => age(createdAt, now), wide: true },
          ],
        });
      },
    },
    {
      usage: "create",
      does: "let no rollout start anything in a scope for a while; what is in flight settles",
      examples: [
        'freezes create --fleet --for 7d --reason "holidays"',
        'freezes create --region eu --until 2027-01-07T00:00:00.000Z --reason "an audit"',
        'freezes create --cell cell-1 --for 2h --reason "its disks are replaced"',
      ],
      options: (command) =>
        reasoned(command)
          .option("--fleet", "everything")
          .option("--region <region>", "or one region")
          .option("--cell <cell>", "or one cell, by name or id")
          .option("--channel <channel>", "or what follows one channel")
          .option("--only-org <organization>", "or one organization's networks, by id")
          .option("--from <time>", "when it begins, in RFC 3339 (default: now)", timestamp)
          .option("--until <time>", "when it ends", timestamp)
          .option("--for <duration>", "or how long it lasts", duration),
      act: async (session, given) => {
        const { terminal, format, api } = session;
        const { fleet, region, cell, channel, onlyOrg, from, until, for: lasts } = given.options;
        if ((until === undefined) === (lasts === undefined))
          throw new Failure("usage", "Say when it ends: --until 2027-01-07T00:00:00.000Z, or --for 7d.");
        const scope = {
          fleet,
          region,
          channel,
          org: onlyOrg,
          ...(typeof cell === "string" ? { cell: (await session.cell(cell)).id } : {}),
        };
        if (Object.values(scope).filter((one) => one !== undefined).length !== 1)
          throw new Failure("usage", "Say what is frozen, one of --fleet, --region, --cell, --channel and --only-org.");
        const begins = typeof from === "string" ? Date.parse(from) : terminal.now();
        const { body } = await api.call<Freeze>({
          method: "POST",
          path: "/v1/freezes",
          body: {
            scope,
            reason: await reasonFor(session, given, "Why is it frozen?"),
            from,
            until: until ?? new Date(begins + Number(lasts)).toISOString(),
          },
        });
        await writeOne(terminal, format, {
          data: body,
          name: body.id,
          shown: [
            ["Id", body.id],
            ["Scope", describeScope(body.scope)],
            ["State", stateOf(body, terminal.now())],
            ["Until", body.until],
            ["Reason", body.reason],
          ],
        });
        if (format === "table" || format === "wide") terminal.err(`Next: cellplane freezes lift ${body.id}\n`);
      },
    },
    {
      usage: "lift <freeze>",
      does: "end a freeze before its time",
      aliases: ["delete"],
      examples: ["freezes lift frz_01k…"],
      act: async ({ terminal, api }, { args: [id = ""] }) => {
        await api.call({ method: "DELETE", path: `/v1/freezes/${encodeURIComponent(id)}` });
        terminal.err(`The freeze ${id} is lifted; rollouts that waited for it go on.\n`);
      },
    },
  ],
});

function stateOf(freeze: Freeze, now: number): string {
  if (isInForce(freeze, now)) return `in force, ${span(Date.parse(freeze.until) - now)} left`;
  return Date.parse(freeze.until) <= now ? "over" : "not yet";
}

/** With or without milliseconds, as people write it. */
function timestamp(text: string): string {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new InvalidArgumentError("Write it in RFC 3339, like 2027-01-07T00:00:00Z.");
  return new Date(at).toISOString();
}
