import type { NodeView } from "#core/model/node.ts";
import { age } from "../age.ts";
import { confirm, label, noun, several, type Verb, yes } from "../command.ts";
import { Failure } from "../failure.ts";
import { labelsText, writeList, writeOne } from "../output.ts";
import { everything, type Session } from "../session.ts";

const pipelinesText = ({ pipelines }: NodeView) =>
  pipelines.map(({ name, rev, health }) => `${name}@${rev} ${health}`).join(", ") || "-";

export const nodes = noun({
  name: "nodes",
  about: "machines that run pipelines",
  inNetwork: true,
  verbs: [
    {
      usage: "list",
      does: "list the nodes of a workspace",
      examples: [
        "nodes list",
        "nodes list --selector 'env=prod,region in (eu,us)' --state online",
        "nodes list -o wide",
      ],
      options: (command) =>
        command
          .option("--selector <selector>", "by labels, as in Kubernetes")
          .option("--state <state>", "online, offline, unresponsive, pending, never_connected or revoked"),
      act: async (session, { options: { selector, state } }) => {
        const { terminal, format } = session;
        const { api, workspace } = await session.inNetwork();
        const query = new URLSearchParams({
          ...(typeof selector === "string" ? { selector } : {}),
          ...(typeof state === "string" ? { state } : {}),
        }).toString();
        const found = await everything<NodeView>(api, `${workspace}/nodes${query && `?${query}`}`);
        const now = terminal.now();
        await writeList(terminal, format, found, {
          nameOf: ({ id }) => id,
          whenEmpty: query
            ? "No node matches."
            : "There is no node yet. Let one in: cellplane tokens create NAME, then cellplane-edge bootstrap on the machine.",
          columns: [
            { title: "NAME", of: ({ name }) => name },
            { title: "STATE", of: ({ state: is }) => is },
            { title: "HEALTH", of: ({ health }) => health ?? "-" },
            { title: "PIPELINES", of: pipelinesText },
            { title: "SEEN", of: ({ lastSeen }) => age(lastSeen, now) },
            { title: "ID", of: ({ id }) => id },
            { title: "EDGE", of: ({ edge }) => edge, wide: true },
            { title: "LABELS", of: ({ labels }) => labelsText(labels), wide: true },
          ],
        });
      },
    },
    {
      usage: "get <node>",
      does: "show one node, by name or id",
      examples: ["nodes get press-4"],
      act: async (session, { args: [which = ""] }) => {
        const { terminal, format } = session;
        const { api, workspace } = await session.inNetwork();
        const { id } = find(await everything<NodeView>(api, `${workspace}/nodes`), which);
        const { body: node } = await api.call<NodeView>({ path: `${workspace}/nodes/${id}` });
        const now = terminal.now();
        await writeOne(terminal, format, {
          data: node,
          name: node.id,
          shown: [
            ["Name", node.name],
            ["Id", node.id],
            ["State", node.reason ? `${node.state} (${node.reason})` : node.state],
            ["Health", node.health ?? "-"],
            ["Labels", labelsText(node.labels)],
            ["Edge", node.edge],
            ["Seen", node.lastSeen ? `${age(node.lastSeen, now)} ago` : "never"],
            ["Enrolled", `${age(node.enrolledAt, now)} ago`],
            [
              "Pipelines",
              node.pipelines
                .map(
                  ({ name, rev, health, in: taken, out, errors, lastError }) =>
                    `${name}@${rev} ${health}: ${taken} in, ${out} out, ${errors} errors${lastError ? `; ${lastError}` : ""}`,
                )
                .join("\n") || "-",
            ],
            [
              "Errors",
              node.errors.map(({ code, message, count }) => `${code} ×${count}: ${message}`).join("\n") || "-",
            ],
          ],
        });
      },
    },
    {
      usage: "update <node>",
      does: "change the labels of a node, or its name; what is not said stays",
      examples: ["nodes update press-4 --label line=2 --unlabel old", "nodes update press-4 --name press-5"],
      options: (command) =>
        command
          .option("--name <name>", "another name")
          .option("--label <name=value>", "repeatable", label)
          .option("--unlabel <name>", "take a label away; repeatable", several),
      act: async (session, { args: [which = ""], options: { name, label: labels, unlabel } }) => {
        if (name === undefined && labels === undefined && unlabel === undefined)
          throw new Failure("usage", "It is not said what to change.", "Such as --label line=2.");
        const { api, workspace } = await session.inNetwork();
        const { id } = find(await everything<NodeView>(api, `${workspace}/nodes`), which);
        const removed = Array.isArray(unlabel) ? Object.fromEntries(unlabel.map((one) => [one, null])) : {};
        const { body } = await api.call<NodeView>({
          method: "PATCH",
          path: `${workspace}/nodes/${id}`,
          headers: { "if-match": "*" },
          body: { name, ...(labels || unlabel ? { labels: { ...(labels as object | undefined), ...removed } } : {}) },
        });
        session.terminal.out(`${body.name} (${body.id}): ${labelsText(body.labels)}\n`);
      },
    },
    decide("approve", "let in a node that waits for it", "is let in"),
    decide("reject", "turn away a node that waits to be let in", "is turned away"),
    decide("revoke", "cut a node off at once; what it did stays to be seen", "is cut off"),
    {
      usage: "delete <node>",
      does: "take a node out; it can never come back with its present key",
      examples: ["nodes delete press-4 --yes"],
      options: yes,
      act: async (session, given) => {
        const { api, workspace } = await session.inNetwork();
        const node = find(await everything<NodeView>(api, `${workspace}/nodes`), given.args[0] ?? "");
        await confirm(session, given, `Delete the node ${node.name} (${node.id})?`);
        await api.call({ method: "DELETE", path: `${workspace}/nodes/${node.id}`, headers: { "if-match": "*" } });
        told(session, node);
      },
    },
  ],
});

function decide(verb: "approve" | "reject" | "revoke", does: string, became: string): Verb {
  return {
    usage: `${verb} <node>`,
    does,
    examples: [`nodes ${verb} press-4`],
    act: async (session, { args: [which = ""] }) => {
      const { api, workspace } = await session.inNetwork();
      const { id, name } = find(await everything<NodeView>(api, `${workspace}/nodes`), which);
      await api.call({ method: "POST", path: `${workspace}/nodes/${id}/${verb}` });
      session.terminal.err(`The node ${name} (${id}) ${became}.\n`);
    },
  };
}

const told = ({ terminal }: Session, { name, id }: NodeView) => terminal.err(`The node ${name} (${id}) is gone.\n`);

function find(all: readonly NodeView[], which: string): NodeView {
  const found = all.filter(({ id, name }) => id === which || name === which);
  const [only] = found;
  if (only && found.length === 1) return only;
  throw new Failure(
    "refused",
    only ? `Several nodes are named ${which}: ${found.map(({ id }) => id).join(", ")}.` : `There is no node ${which}.`,
    only ? "Say which one by its id." : "`cellplane nodes list` shows what is there.",
  );
}
