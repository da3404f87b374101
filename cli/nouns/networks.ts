import { Option } from "commander";
import type { Explanation } from "#core/model/explain.ts";
import type { NetworkView } from "#core/model/network-view.ts";
import type { Operation } from "#core/model/operation.ts";
import { age } from "../age.ts";
import { confirm, label, noun, waiting, yes } from "../command.ts";
import { labelsText, writeExplanation, writeList, writeOne } from "../output.ts";
import { everything, type Session } from "../session.ts";
import { watchOperation } from "../watch-operation.ts";

interface Accepted {
  readonly network: NetworkView;
  readonly operation: Operation;
}

const nodesText = ({ status: { nodes } }: NetworkView) => `${nodes.online}/${nodes.total}`;

export const networks = noun({
  name: "networks",
  about: "managed orchestrators, each with its own broker, in one cell",
  verbs: [
    {
      usage: "list",
      does: "list the networks of the organization",
      examples: ["networks list", "networks list -o wide", "networks list -o name"],
      act: async (session) => {
        const { terminal, format, api, org } = session;
        const now = terminal.now();
        await writeList(terminal, format, await everything<NetworkView>(api, `/v1/orgs/${org}/networks`), {
          nameOf: ({ name }) => name,
          whenEmpty: "There is no network yet. Make one: cellplane networks create NAME --wait",
          columns: [
            { title: "NAME", of: ({ name }) => name },
            { title: "PHASE", of: ({ status }) => status.phase },
            { title: "NODES", of: nodesText },
            { title: "RELEASE", of: ({ status }) => status.release ?? "-" },
            { title: "REGION", of: ({ region }) => region },
            { title: "AGE", of: ({ createdAt }) => age(createdAt, now) },
            { title: "ID", of: ({ id }) => id, wide: true },
            { title: "CELL", of: ({ placement }) => placement?.cell ?? "-", wide: true },
            { title: "API", of: ({ endpoints }) => endpoints?.api ?? "-", wide: true },
            { title: "NATS", of: ({ endpoints }) => endpoints?.nats ?? "-", wide: true },
            { title: "LABELS", of: ({ labels }) => labelsText(labels), wide: true },
          ],
        });
      },
    },
    {
      usage: "get <network>",
      does: "show one network, by name or id",
      examples: ["networks get factory-7", "networks get factory-7 -o json"],
      act: async (session, { args: [which = ""] }) => show(session, await session.network(which)),
    },
    {
      usage: "create <name>",
      does: "make a network",
      examples: [
        "networks create factory-7 --wait",
        "networks create lab --region local --label env=test",
        "networks create lab --release 1.5.0",
      ],
      options: (command) =>
        waiting(command)
          .option("--region <region>", "where it has to be")
          .option("--plan <plan>", "starter, standard or large")
          .option("--channel <channel>", "stable or rapid: whose release it gets")
          .option("--release <version>", "pin this one instead")
          .option("--label <name=value>", "repeatable", label),
      act: async (
        session,
        { args: [name], options: { region, plan, channel, release, label: labels, wait, timeout } },
      ) => {
        const { terminal, api, org } = session;
        const { body } = await api.call<Accepted>({
          method: "POST",
          path: `/v1/orgs/${org}/networks`,
          headers: { "idempotency-key": crypto.randomUUID() },
          body: { name, region, plan, channel, release, labels },
        });
        if (!wait) {
          await show(session, body.network);
          terminal.err(`It is being made: cellplane operations watch ${body.operation.id}\n`);
          return;
        }
        await watchOperation(session, body.operation.id, Number(timeout));
        await show(session, await session.network(body.network.id));
      },
    },
    {
      usage: "update <network>",
      does: "move a network to another release, or have it follow another channel",
      examples: ["networks update factory-7 --release 1.5.0 --wait", "networks update factory-7 --unpin"],
      options: (command) =>
        waiting(command)
          .option("--channel <channel>", "stable or rapid; it moves with the next rollout of that channel")
          .addOption(new Option("--release <version>", "pin this one, and go there now").conflicts("unpin"))
          .option("--unpin", "follow the channel again, with the next rollout"),
      act: async (session, { args: [which = ""], options: { channel, release, unpin, wait, timeout } }) => {
        const { api } = session;
        const { id } = await session.network(which);
        const { body } = await api.call<Accepted>({
          method: "PATCH",
          path: `/v1/networks/${id}`,
          headers: { "if-match": "*" },
          body: { channel, release: unpin ? null : release },
        });
        if (wait) await watchOperation(session, body.operation.id, Number(timeout));
        await show(session, wait ? await session.network(id) : body.network);
      },
    },
    {
      usage: "delete <network>",
      does: "take a network away, with everything in it",
      examples: ["networks delete factory-7", "networks delete factory-7 --yes --wait"],
      options: (command) => yes(waiting(command)),
      act: async (session, given) => {
        const { terminal, api } = session;
        const { id, name } = await session.network(given.args[0] ?? "");
        await confirm(session, given, `Delete the network ${name} with its nodes, pipelines and data?`);
        const { body } = await api.call<Accepted>({
          method: "DELETE",
          path: `/v1/networks/${id}`,
          headers: { "if-match": "*" },
        });
        if (given.options.wait) await watchOperation(session, body.operation.id, Number(given.options.timeout));
        terminal.err(
          given.options.wait
            ? `The network ${name} is gone.\n`
            : `It is being taken away: cellplane operations watch ${body.operation.id}\n`,
        );
      },
    },
    {
      usage: "explain <network>",
      does: "say why a network is as it is, and what it waits for",
      examples: ["networks explain factory-7"],
      act: async (session, { args: [which = ""] }) => {
        const { terminal, format, api } = session;
        const { id, name } = await session.network(which);
        const { body } = await api.call<Explanation>({ path: `/v1/networks/${id}/explain` });
        await writeExplanation(terminal, format, name, body);
      },
    },
  ],
});

/** What it runs, what it should run where that differs, and why. */
function releaseText({ status, resolvedRelease, release, channel }: NetworkView): string {
  const wanted = resolvedRelease ?? status.release ?? "-";
  const runs = status.release !== null && status.release !== wanted ? `${status.release} → ${wanted}` : wanted;
  return `${runs} (${release === null ? `channel ${channel}` : "pinned"})`;
}

async function show({ terminal, format }: Session, network: NetworkView): Promise<void> {
  const now = terminal.now();
  const { status, endpoints, placement } = network;
  await writeOne(terminal, format, {
    data: network,
    name: network.name,
    shown: [
      ["Name", network.name],
      ["Id", network.id],
      [
        "Phase",
        status.fresh || status.reportedAt === null
          ? status.phase
          : `${status.phase} (last heard ${age(status.reportedAt, now)} ago)`,
      ],
      ["Nodes", `${status.nodes.online} online of ${status.nodes.total}`],
      ["Release", releaseText(network)],
      ["Region", network.region],
      ["Plan", network.plan],
      ["Labels", labelsText(network.labels)],
      ["Cell", placement ? [placement.cell, ...placement.reasons].join("\n") : "-"],
      ["API", endpoints?.api ?? "-"],
      ["NATS", endpoints?.nats ?? "-"],
      ["Operation", network.operation ?? "-"],
      ["Age", age(network.createdAt, now)],
      [
        "Conditions",
        status.conditions
          .map(({ type, status: is, message }) => `${type}: ${is}${message ? `, ${message}` : ""}`)
          .join("\n") || "-",
      ],
    ],
  });
}
