import { age } from "../age.ts";
import { confirm, noun, yes } from "../command.ts";
import { writeList, writeOne } from "../output.ts";
import { everything, type Session } from "../session.ts";

interface Workspace {
  readonly name: string;
  readonly description: string;
  readonly createdAt: string;
  readonly deleting: boolean;
}

export const workspaces = noun({
  name: "workspaces",
  about: "isolated groups of nodes and pipelines inside a network",
  inNetwork: true,
  verbs: [
    {
      usage: "list",
      does: "list the workspaces of a network",
      examples: ["workspaces list --network factory-7"],
      act: async (session) => {
        const { terminal, format } = session;
        const { api } = await session.inNetwork();
        const now = terminal.now();
        await writeList(terminal, format, await everything<Workspace>(api, "/v1/workspaces"), {
          nameOf: ({ name }) => name,
          whenEmpty: "There is no workspace. Make one: cellplane workspaces create NAME",
          columns: [
            { title: "NAME", of: ({ name }) => name },
            { title: "STATE", of: ({ deleting }) => (deleting ? "deleting" : "ready") },
            { title: "DESCRIPTION", of: ({ description }) => description || "-" },
            { title: "AGE", of: ({ createdAt }) => age(createdAt, now) },
          ],
        });
      },
    },
    {
      usage: "get <name>",
      does: "show one workspace",
      examples: ["workspaces get default"],
      act: async (session, { args: [name = ""] }) => {
        const { api } = await session.inNetwork();
        await show(session, (await api.call<Workspace>({ path: pathOf(name) })).body);
      },
    },
    {
      usage: "create <name>",
      does: "make a workspace",
      examples: ['workspaces create line-2 --description "second assembly line"'],
      options: (command) => command.option("--description <text>", "what it is for"),
      act: async (session, { args: [name], options: { description } }) => {
        const { api } = await session.inNetwork();
        const { body } = await api.call<Workspace | { workspace: Workspace }>({
          method: "POST",
          path: "/v1/workspaces",
          headers: { "idempotency-key": crypto.randomUUID() },
          body: { name, description },
        });
        await show(session, "workspace" in body ? body.workspace : body);
      },
    },
    {
      usage: "update <name>",
      does: "change what a workspace is said to be for",
      examples: ['workspaces update line-2 --description "third assembly line"'],
      options: (command) => command.requiredOption("--description <text>", "what it is for"),
      act: async (session, { args: [name = ""], options: { description } }) => {
        const { api } = await session.inNetwork();
        const { body } = await api.call<Workspace>({
          method: "PATCH",
          path: pathOf(name),
          headers: { "if-match": "*" },
          body: { description },
        });
        await show(session, body);
      },
    },
    {
      usage: "delete <name>",
      does: "take a workspace away, with its nodes and pipelines",
      examples: ["workspaces delete line-2 --yes"],
      options: yes,
      act: async (session, given) => {
        const [name = ""] = given.args;
        const { api } = await session.inNetwork();
        await confirm(session, given, `Delete the workspace ${name} with its nodes and pipelines?`);
        await api.call({ method: "DELETE", path: pathOf(name), headers: { "if-match": "*" } });
        session.terminal.err(`The workspace ${name} is gone.\n`);
      },
    },
  ],
});

const pathOf = (name: string) => `/v1/workspaces/${encodeURIComponent(name)}`;

async function show({ terminal, format }: Session, workspace: Workspace): Promise<void> {
  await writeOne(terminal, format, {
    data: workspace,
    name: workspace.name,
    shown: [
      ["Name", workspace.name],
      ["Description", workspace.description || "-"],
      ["Age", age(workspace.createdAt, terminal.now())],
    ],
  });
}
