import type { AccessEntry } from "#core/model/network-access.ts";
import { confirm, several, type Verb, waiting, yes } from "../command.ts";
import { Failure } from "../failure.ts";
import { writeList, writeOne } from "../output.ts";
import type { Session } from "../session.ts";
import { showNetwork } from "../show-network.ts";
import { watchOperation } from "../watch-operation.ts";
import type { Accepted } from "./network-change.ts";

interface Access {
  readonly entries: readonly AccessEntry[];
}

/** Who gets into a network, and by what. */
export const networkDoors: readonly Verb[] = [
  {
    usage: "access <network>",
    does: "list who may call a network at its cell and as what, where that is less than their role in the organization",
    examples: ["networks access factory-7"],
    act: async (session, { args: [which = ""] }) => {
      const { entries } = (await read(session, (await session.network(which)).id)).body;
      await writeList(session.terminal, session.format, entries, {
        nameOf: ({ subject }) => subject,
        whenEmpty: "Nobody is limited: everyone is in it what they are in the organization.",
        columns: [
          { title: "SUBJECT", of: ({ subject }) => subject },
          { title: "ROLE", of: ({ role }) => role },
          { title: "WORKSPACES", of: ({ workspaces }) => workspaces?.join(", ") ?? "all" },
        ],
      });
    },
  },
  {
    usage: "grant <network> <subject>",
    does: "say what somebody may be in a network: user:usr_… or key:cpk_…; never more than in the organization",
    examples: [
      "networks grant factory-7 user:usr_01k… --role operator --workspace line-1,line-2",
      "networks grant factory-7 key:cpk_0123456789ab --role viewer",
    ],
    options: (command) =>
      command
        .requiredOption("--role <role>", "owner, admin, operator or viewer")
        .option("--workspace <workspace>", "only there; repeatable", several),
    act: async (session, { args: [which = "", subject = ""], options: { role, workspace } }) => {
      const entry = { subject, role, ...(workspace === undefined ? {} : { workspaces: workspace }) };
      await change(session, which, (entries) => [...entries.filter((one) => one.subject !== subject), entry]);
    },
  },
  {
    usage: "ungrant <network> <subject>",
    does: "take an entry away: somebody is again what they are in the organization",
    examples: ["networks ungrant factory-7 user:usr_01k…"],
    act: async (session, { args: [which = "", subject = ""] }) => {
      await change(session, which, (entries) => {
        if (!entries.some((one) => one.subject === subject))
          throw new Failure(
            "refused",
            `${subject} has no entry.`,
            `\`cellplane networks access ${which}\` lists them.`,
          );
        return entries.filter((one) => one.subject !== subject);
      });
    },
  },
  {
    usage: "rotate-secrets <network>",
    does: "make the secrets of a network anew",
    examples: ["networks rotate-secrets factory-7 --wait"],
    options: (command) => yes(waiting(command)),
    act: async (session, given) => {
      const { id, name } = await session.network(given.args[0] ?? "");
      await confirm(session, given, `Make the secrets of ${name} anew?`);
      const { body } = await session.api.call<Accepted>({ method: "POST", path: `/v1/networks/${id}/rotate-secrets` });
      if (given.options.wait) await watchOperation(session, body.operation.id, Number(given.options.timeout));
      await showNetwork(session, body.network);
      if (!given.options.wait)
        session.terminal.err(`It is under way: cellplane operations watch ${body.operation.id}\n`);
    },
  },
  {
    usage: "defer <network>",
    does: "put off the updates that rollouts bring to a network and have not begun, as far as its plan lets",
    examples: [
      'networks defer factory-7 --until 2026-01-07T06:00:00Z --reason "stocktaking"',
      "networks defer factory-7 --take-back",
    ],
    options: (command) =>
      command
        .option("--until <time>", "not before this, RFC 3339")
        .option("--take-back", "let them come again")
        .option("--reason <text>", "for whoever wonders why it waits"),
    act: async (session, { args: [which = ""], options: { until, takeBack, reason } }) => {
      const given = typeof until === "string" ? Date.parse(until) : Number.NaN;
      if (takeBack ? until !== undefined : Number.isNaN(given))
        throw new Failure("usage", "Say until when.", "--until 2026-01-07T06:00:00Z, or --take-back, and not both.");
      const { id, name } = await session.network(which);
      const { body } = await session.api.call<{ until: string | null; rollouts: readonly string[] }>({
        method: "POST",
        path: `/v1/networks/${id}/defer`,
        body: { until: takeBack ? null : new Date(given).toISOString(), ...(reason ? { reason } : {}) },
      });
      if (session.format === "json" || session.format === "yaml")
        return writeOne(session.terminal, session.format, { data: body, name: id, shown: [] });
      const when = body.until === null ? "may come again" : `not before ${body.until}`;
      session.terminal.out(
        `${body.rollouts.length === 1 ? "The update" : `${body.rollouts.length} updates`} for ${name}: ${when}.\n`,
      );
    },
  },
  {
    usage: "token <network>",
    does: "fetch a token of 15 minutes that opens a network straight at its cell; it alone goes to stdout",
    examples: ["networks token factory-7", 'curl -H "Authorization: Bearer $(cellplane networks token factory-7)" …'],
    options: (command) => command.option("--role <role>", "less than one's own"),
    act: async (session, { args: [which = ""], options: { role } }) => {
      const { terminal, format, api } = session;
      const { id, endpoints } = await session.network(which);
      const { body } = await api.call<{ token: string; expiresAt: string }>({
        method: "POST",
        path: `/v1/networks/${id}/token`,
        body: { role },
      });
      if (format === "json" || format === "yaml")
        return writeOne(terminal, format, { data: body, name: id, shown: [] });
      terminal.err(`It opens ${endpoints?.api ?? "the network, once it has an address"} until ${body.expiresAt}.\n`);
      terminal.out(`${body.token}\n`);
    },
  },
];

const read = ({ api }: Session, id: string) => api.call<Access>({ path: `/v1/networks/${id}/access` });

/** The list as it was read with one thing changed: what somebody else changed meanwhile is not overwritten. */
async function change(
  session: Session,
  which: string,
  changed: (entries: readonly AccessEntry[]) => readonly unknown[],
): Promise<void> {
  const { id, name } = await session.network(which);
  const { body, headers } = await read(session, id);
  const answer = await session.api.call<Access & { operation: string }>({
    method: "PUT",
    path: `/v1/networks/${id}/access`,
    headers: { "if-match": String(headers.etag) },
    body: { entries: changed(body.entries) },
  });
  const { terminal, format } = session;
  if (format === "json" || format === "yaml") return writeOne(terminal, format, { data: answer.body, name, shown: [] });
  terminal.out(`The access list of ${name} has ${answer.body.entries.length} entries now.\n`);
  terminal.err(`Its cell is being told: cellplane operations watch ${answer.body.operation}\n`);
}
