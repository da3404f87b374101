import type { CellView } from "#core/model/cell-view.ts";
import type { NetworkView } from "#core/model/network-view.ts";
import type { Finding } from "#core/model/survey.ts";
import { age } from "../age.ts";
import { confirm, count, label, type Verb, yes } from "../command.ts";
import { Failure } from "../failure.ts";
import { writeList, writeOne } from "../output.ts";
import { everything } from "../session.ts";
import { showCell } from "../show-cell.ts";

/** What an operator does with a cell. */
export const cellCommands: readonly Verb[] = [
  {
    usage: "create <name>",
    does: "register a cell; its join token alone goes to stdout, once: its agent joins with that",
    examples: ["cells create eu-1 --region eu --networks 200", "JOIN=$(cellplane cells create eu-1 --region eu)"],
    options: (command) =>
      command
        .option("--region <region>", "where it is")
        .option("--networks <n>", "how many networks it may hold (default: 100)", count)
        .option("--label <name=value>", "repeatable", label),
    act: async ({ terminal, format, api }, { args: [name], options: { region, networks, label: labels } }) => {
      const { body } = await api.call<{ cell: CellView; joinToken: string }>({
        method: "POST",
        path: "/v1/cells",
        headers: { "idempotency-key": crypto.randomUUID() },
        body: { name, region, labels, ...(networks === undefined ? {} : { limits: { networks } }) },
      });
      if (format === "json" || format === "yaml")
        return writeOne(terminal, format, { data: body, name: body.cell.id, shown: [] });
      terminal.err(
        `Cell ${body.cell.name} (${body.cell.id}) waits for its agent. The join token is shown this once.\n`,
      );
      terminal.out(`${body.joinToken}\n`);
    },
  },
  {
    usage: "update <cell>",
    does: "change labels and limits of a cell",
    examples: ["cells update eu-1 --networks 300 --label rack=a --unlabel old"],
    options: (command) =>
      command
        .option("--networks <n>", "how many networks it may hold", count)
        .option("--label <name=value>", "repeatable", label)
        .option("--unlabel <name>", "take a label away; repeatable", (text, before: string[] = []) => [
          ...before,
          text,
        ]),
    act: async (session, { args: [which = ""], options }) => {
      const { networks, label: labels, unlabel } = options;
      if (networks === undefined && labels === undefined && unlabel === undefined)
        throw new Failure("usage", "It is not said what to change.", "Such as --networks 300.");
      const { id } = await session.cell(which);
      const removed = Array.isArray(unlabel) ? Object.fromEntries(unlabel.map((one) => [one, null])) : {};
      const { body } = await session.api.call<CellView>({
        method: "PATCH",
        path: `/v1/cells/${id}`,
        headers: { "if-match": "*" },
        body: {
          labels: { ...(labels as object | undefined), ...removed },
          ...(networks === undefined ? {} : { limits: { networks } }),
        },
      });
      await showCell(session, body);
    },
  },
  {
    usage: "delete <cell>",
    does: "forget a cell that holds no networks",
    examples: ["cells delete eu-1 --yes"],
    options: yes,
    act: async (session, given) => {
      const { id, name } = await session.cell(given.args[0] ?? "");
      await confirm(session, given, `Forget the cell ${name}? Its agent is told nothing any more.`);
      await session.api.call({ method: "DELETE", path: `/v1/cells/${id}`, headers: { "if-match": "*" } });
      session.terminal.err(`The cell ${name} is forgotten.\n`);
    },
  },
  {
    usage: "cordon <cell>",
    does: "place no more networks in a cell; those that are there stay",
    examples: ['cells cordon eu-1 --reason "its disks are replaced"'],
    options: (command) => command.option("--reason <reason>", "shown to whoever asks why"),
    act: async (session, { args: [which = ""], options: { reason } }) => {
      const { id } = await session.cell(which);
      const { body } = await session.api.call<CellView>({
        method: "POST",
        path: `/v1/cells/${id}/cordon`,
        body: { reason },
      });
      await showCell(session, body);
      session.terminal.err(`Next: cellplane cells uncordon ${body.name}\n`);
    },
  },
  {
    usage: "uncordon <cell>",
    does: "place networks in a cell again",
    examples: ["cells uncordon eu-1"],
    act: async (session, { args: [which = ""] }) => {
      const { id } = await session.cell(which);
      await showCell(
        session,
        (await session.api.call<CellView>({ method: "POST", path: `/v1/cells/${id}/uncordon` })).body,
      );
    },
  },
  {
    usage: "networks <cell>",
    does: "list the networks that are placed in a cell",
    examples: ["cells networks eu-1"],
    act: async (session, { args: [which = ""] }) => {
      const { terminal, format, api } = session;
      const { id, name } = await session.cell(which);
      await writeList(terminal, format, await everything<NetworkView>(api, `/v1/cells/${id}/networks`), {
        nameOf: (network) => network.id,
        whenEmpty: `No network is placed in ${name}.`,
        columns: [
          { title: "NAME", of: (network) => network.name },
          { title: "PHASE", of: ({ status }) => status.phase },
          { title: "RELEASE", of: ({ status }) => status.release ?? "-" },
          { title: "PLAN", of: ({ plan }) => plan },
          { title: "ID", of: (network) => network.id },
          { title: "ORG", of: ({ org }) => org, wide: true },
        ],
      });
    },
  },
  {
    usage: "orphans <cell>",
    does: "list what the cell and the intent did not agree on when they were last compared, and what was done about it",
    aliases: ["findings"],
    examples: ["cells orphans eu-1"],
    act: async (session, { args: [which = ""] }) => {
      const { terminal, format, api } = session;
      const { id, name } = await session.cell(which);
      const now = terminal.now();
      await writeList(terminal, format, await everything<Finding>(api, `/v1/cells/${id}/orphans`), {
        nameOf: ({ network }) => network,
        whenEmpty: `${name} has what it should have, and nothing else.`,
        columns: [
          { title: "NETWORK", of: (found) => found.name ?? found.network },
          { title: "WHAT", of: ({ what }) => what },
          { title: "DONE", of: ({ action }) => action },
          { title: "SINCE", of: ({ since }) => age(since, now) },
          { title: "WHY", of: ({ why }) => why },
          { title: "ID", of: ({ network }) => network, wide: true },
        ],
      });
    },
  },
];
