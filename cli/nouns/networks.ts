import type { Explanation } from "#core/model/explain.ts";
import type { NetworkView } from "#core/model/network-view.ts";
import { age } from "../age.ts";
import { confirm, noun, waiting, yes } from "../command.ts";
import { labelsText, writeExplanation, writeList } from "../output.ts";
import { everything, queryOf } from "../session.ts";
import { showNetwork } from "../show-network.ts";
import { watchOperation } from "../watch-operation.ts";
import { type Accepted, createNetwork, updateNetwork } from "./network-change.ts";
import { networkDoors } from "./network-doors.ts";
import { networkHistory } from "./network-history.ts";

const nodesText = ({ status: { nodes } }: NetworkView) => `${nodes.online}/${nodes.total}`;

export const networks = noun({
  name: "networks",
  about: "managed orchestrators, each with its own broker, in one cell",
  verbs: [
    {
      usage: "list",
      does: "list the networks of the organization",
      examples: [
        "networks list",
        "networks list --selector 'env=prod,team!=a' --phase ready",
        "networks list --fleet --release 0.1.0 -o name   # everybody's, for platform operators",
      ],
      options: (command) =>
        command
          .option("--selector <selector>", "by labels, as in Kubernetes")
          .option("--phase <phase>", "ready, degraded, updating, unreachable, …")
          .option("--region <region>", "in one region")
          .option("--cell <cell>", "in one cell, by its id")
          .option("--release <version>", "at one release")
          .option("--text <text>", "with this in the name")
          .option("--sort <field>", "createdAt or name")
          .option("--fleet", "of every organization, not of --org alone"),
      act: async ({ terminal, format, api, org }, { options }) => {
        const { selector, phase, region, cell, release, text, sort, fleet } = options;
        const now = terminal.now();
        const query = queryOf({ selector, phase, region, cell, release, q: text, sort });
        const path = `${fleet ? "/v1/networks" : `/v1/orgs/${org}/networks`}${query}`;
        await writeList(terminal, format, await everything<NetworkView>(api, path), {
          nameOf: ({ name }) => name,
          whenEmpty: query
            ? "No network matches."
            : "There is no network yet. Make one: cellplane networks create NAME --wait",
          columns: [
            { title: "NAME", of: ({ name }) => name },
            { title: "PHASE", of: ({ status }) => status.phase },
            { title: "NODES", of: nodesText },
            { title: "RELEASE", of: ({ status }) => status.release ?? "-" },
            { title: "REGION", of: ({ region }) => region },
            { title: "AGE", of: ({ createdAt }) => age(createdAt, now) },
            { title: "ID", of: ({ id }) => id, wide: true },
            { title: "ORG", of: (network) => network.org, wide: true },
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
      act: async (session, { args: [which = ""] }) => showNetwork(session, await session.network(which)),
    },
    createNetwork,
    updateNetwork,
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
    ...networkHistory,
    ...networkDoors,
  ],
});
