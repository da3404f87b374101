import { Option } from "commander";
import type { ApiClient } from "#adapters/http.ts";
import type { tokenView } from "#core/model/token.ts";
import { age } from "../age.ts";
import { confirm, label, noun, yes } from "../command.ts";
import { Failure } from "../failure.ts";
import { labelsText, writeList, writeOne } from "../output.ts";
import { everything, type Session } from "../session.ts";

type Token = ReturnType<typeof tokenView>;

const usesText = ({ uses, maxUses }: Token) => `${uses}/${maxUses ?? "unlimited"}`;
const expiryText = ({ expiresAt }: Token) => expiresAt ?? "never";

export const tokens = noun({
  name: "tokens",
  about: "bootstrap tokens: they let nodes into a workspace",
  inNetwork: true,
  verbs: [
    {
      usage: "list",
      does: "list the tokens of a workspace; secrets are never shown again",
      examples: ["tokens list"],
      act: async (session) => {
        const { terminal, format } = session;
        const { api, workspace } = await session.inNetwork();
        const now = terminal.now();
        await writeList(terminal, format, await everything<Token>(api, `${workspace}/tokens`), {
          nameOf: ({ id }) => id,
          whenEmpty: "There is no token yet. Make one: TOKEN=$(cellplane tokens create NAME)",
          columns: [
            { title: "NAME", of: ({ name }) => name },
            { title: "STATE", of: ({ state }) => state },
            { title: "USES", of: usesText },
            { title: "EXPIRES", of: expiryText },
            { title: "AGE", of: ({ createdAt }) => age(createdAt, now) },
            { title: "ID", of: ({ id }) => id },
            { title: "LABELS", of: ({ labels }) => labelsText(labels), wide: true },
            { title: "BY", of: ({ createdBy }) => createdBy, wide: true },
          ],
        });
      },
    },
    {
      usage: "create <name>",
      does: "make a token; its secret alone goes to stdout, once, and what is said about it to stderr",
      examples: [
        "tokens create edge",
        "tokens create line --max-uses 20 --expires-in 7d --label env=prod",
        "tokens create edge -o json   # { token, secret }",
      ],
      options: (command) =>
        command
          .option("--expires-in <duration>", 'such as "24h", or "never" (default: 24h)')
          .option("--max-uses <n>", 'how many nodes it lets in, or "unlimited" (default: 1)')
          .option("--label <name=value>", "forced on its nodes; repeatable", label)
          .addOption(new Option("--require-approval", "its nodes wait until somebody approves them"))
          .addOption(new Option("--ephemeral", "its nodes are deleted when they stay offline")),
      act: async (session, { args: [name], options }) => {
        const { terminal, format } = session;
        const { expiresIn, maxUses, label: labels, requireApproval, ephemeral } = options;
        const { api, workspace } = await session.inNetwork();
        const { body } = await api.call<{ token: Token; secret: string }>({
          method: "POST",
          path: `${workspace}/tokens`,
          headers: { "idempotency-key": crypto.randomUUID() },
          body: {
            name,
            labels,
            requireApproval,
            ephemeral,
            expiresIn: expiresIn === "never" ? null : expiresIn,
            maxUses: usesOf(maxUses),
          },
        });
        if (format === "json" || format === "yaml")
          return writeOne(terminal, format, { data: body, name: body.token.id, shown: [] });
        const { token, secret } = body;
        terminal.err(
          `Token ${token.name} (${token.id}) lets in ${token.maxUses ?? "any number of"} node${token.maxUses === 1 ? "" : "s"}; it expires: ${expiryText(token)}.\n` +
            "The secret is shown this once. On the machine: cellplane-edge bootstrap --token …\n",
        );
        terminal.out(`${secret}\n`);
      },
    },
    change("pause", "let nobody in until it is resumed"),
    change("resume", "let nodes in again"),
    change("revoke", "end a token for good; nodes that it let in stay"),
    {
      usage: "get <token>",
      does: "show one token, by name or id; its secret is never shown again",
      examples: ["tokens get edge"],
      act: async (session, { args: [which = ""] }) => {
        const { api, workspace } = await session.inNetwork();
        const { id } = await find(api, workspace, which);
        const { body: token } = await api.call<Token>({ path: `${workspace}/tokens/${id}` });
        await writeOne(session.terminal, session.format, {
          data: token,
          name: token.id,
          shown: [
            ["Name", token.name],
            ["Id", token.id],
            ["State", token.state],
            ["Uses", usesText(token)],
            ["Expires", expiryText(token)],
            ["Labels", labelsText(token.labels)],
            ["By", token.createdBy],
            ["Age", age(token.createdAt, session.terminal.now())],
          ],
        });
      },
    },
    {
      usage: "delete <token>",
      does: "forget a token, and end it; nodes that it let in stay",
      examples: ["tokens delete edge --yes"],
      options: yes,
      act: async (session, given) => {
        const { api, workspace } = await session.inNetwork();
        const { id, name } = await find(api, workspace, given.args[0] ?? "");
        await confirm(session, given, `Delete the token ${name} (${id})?`);
        await api.call({ method: "DELETE", path: `${workspace}/tokens/${id}`, headers: { "if-match": "*" } });
        session.terminal.err(`The token ${name} (${id}) is gone.\n`);
      },
    },
  ],
});

function change(verb: "pause" | "resume" | "revoke", does: string) {
  return {
    usage: `${verb} <token>`,
    does,
    examples: [`tokens ${verb} edge`, `tokens ${verb} tok_01k…`],
    act: async (session: Session, { args: [which = ""] }: { args: readonly string[] }) => {
      const { api, workspace } = await session.inNetwork();
      const only = await find(api, workspace, which);
      await api.call({ method: "POST", path: `${workspace}/tokens/${only.id}/${verb}`, body: {} });
      session.terminal.err(`Token ${only.name} (${only.id}): ${verb}d.\n`);
    },
  };
}

async function find(api: ApiClient, workspace: string, which: string): Promise<Token> {
  const all = await everything<Token>(api, `${workspace}/tokens`);
  const found = all.filter(({ id, name }) => id === which || name === which);
  const [only] = found;
  if (only && found.length === 1) return only;
  throw new Failure(
    "refused",
    only
      ? `Several tokens are named ${which}: ${found.map(({ id }) => id).join(", ")}.`
      : `There is no token ${which}.`,
    only ? "Say which one by its id." : "`cellplane tokens list` shows what is there.",
  );
}

function usesOf(text: unknown): number | null | undefined {
  if (text === undefined) return undefined;
  if (text === "unlimited") return null;
  const uses = /^[1-9]\d{0,6}$/.test(String(text)) ? Number(text) : undefined;
  if (uses === undefined) throw new Failure("usage", '--max-uses must be a whole number above 0, or "unlimited".');
  return uses;
}
