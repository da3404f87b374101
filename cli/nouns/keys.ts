import type { ApiKeyView } from "#core/model/api-key.ts";
import { age } from "../age.ts";
import { confirm, duration, noun, several, yes } from "../command.ts";
import { Failure } from "../failure.ts";
import { writeList, writeOne } from "../output.ts";
import { everything, type Session } from "../session.ts";

interface Issued {
  readonly key: ApiKeyView;
  readonly secret: string;
}

export const keys = noun({
  name: "keys",
  about: "API keys: who calls without signing in",
  verbs: [
    {
      usage: "list",
      does: "list the keys of the organization; secrets are never shown again",
      examples: ["keys list", "keys list -o wide"],
      act: async ({ terminal, format, api, org }) => {
        const now = terminal.now();
        await writeList(terminal, format, await everything<ApiKeyView>(api, pathIn(org)), {
          nameOf: ({ id }) => id,
          whenEmpty: "There is no key yet. Make one: KEY=$(cellplane keys create NAME --role operator)",
          columns: [
            { title: "NAME", of: ({ name }) => name },
            { title: "ROLE", of: ({ role }) => role },
            { title: "EXPIRES", of: ({ expiresAt }) => expiresAt ?? "never" },
            { title: "USED", of: ({ lastUsedAt }) => age(lastUsedAt, now) },
            { title: "AGE", of: ({ createdAt }) => age(createdAt, now) },
            { title: "ID", of: ({ id }) => id },
            { title: "NETWORKS", of: ({ networks }) => networks?.join(",") ?? "all", wide: true },
            { title: "ADDRESSES", of: ({ cidrs }) => cidrs?.join(",") ?? "all", wide: true },
            { title: "REPLACED BY", of: ({ replacedBy }) => replacedBy ?? "-", wide: true },
            { title: "BY", of: ({ createdBy }) => createdBy ?? "-", wide: true },
          ],
        });
      },
    },
    {
      usage: "get <key>",
      does: "show one key, by its id",
      examples: ["keys get cpk_0123456789ab"],
      act: async (session, { args: [id = ""] }) =>
        show(session, (await session.api.call<ApiKeyView>({ path: pathIn(session.org, id) })).body),
    },
    {
      usage: "create <name>",
      does: "make a key; its secret alone goes to stdout, once, and what is said about it to stderr",
      examples: [
        "keys create ci --role operator",
        "keys create line-1 --role viewer --only-network factory-7 --cidr 203.0.113.0/24 --expires-in 90d",
        "keys create ci --role operator -o json   # { key, secret }",
      ],
      options: (command) =>
        command
          .requiredOption("--role <role>", "owner, admin, operator or viewer; at most one's own")
          .option("--only-network <network>", "for these alone, by name or id; repeatable", several)
          .option("--cidr <range>", "from these addresses alone; repeatable", several)
          .option("--expires-in <duration>", "such as 90d (default: never)", duration),
      act: async (session, { args: [name], options: { role, onlyNetwork, cidr, expiresIn } }) => {
        const { terminal, api, org } = session;
        const named = Array.isArray(onlyNetwork) ? onlyNetwork.map(String) : [];
        const networks = await Promise.all(named.map(async (one) => (await session.network(one)).id));
        const { body } = await api.call<Issued>({
          method: "POST",
          path: pathIn(org),
          headers: { "idempotency-key": crypto.randomUUID() },
          body: {
            name,
            role,
            cidrs: cidr,
            ...(networks.length > 0 ? { networks } : {}),
            ...(typeof expiresIn === "number" ? { expiresAt: new Date(terminal.now() + expiresIn).toISOString() } : {}),
          },
        });
        await issued(session, body, `Key ${body.key.name} (${body.key.id}) is ${body.key.role}.`);
      },
    },
    {
      usage: "rotate <key>",
      does: "make the next key; the old one works on for the overlap",
      examples: ["keys rotate cpk_0123456789ab", "keys rotate cpk_0123456789ab --overlap 48h"],
      options: (command) => command.option("--overlap <duration>", "at most 7d (default: 24h)"),
      act: async (session, { args: [id = ""], options: { overlap } }) => {
        const { body } = await session.api.call<Issued>({
          method: "POST",
          path: `${pathIn(session.org, id)}/rotate`,
          headers: { "idempotency-key": crypto.randomUUID() },
          body: { overlap },
        });
        await issued(session, body, `Key ${body.key.id} takes the place of ${id}, which works on for the overlap.`);
      },
    },
    {
      usage: "revoke <key>",
      does: "end a key at once",
      aliases: ["delete"],
      examples: ["keys revoke cpk_0123456789ab --yes"],
      options: yes,
      act: async (session, given) => {
        const [id = ""] = given.args;
        await confirm(session, given, `Revoke the key ${id}? Whatever calls with it is refused at once.`);
        await session.api.call({ method: "DELETE", path: pathIn(session.org, id), headers: { "if-match": "*" } });
        session.terminal.err(`The key ${id} opens nothing any more.\n`);
      },
    },
  ],
});

function pathIn(org: string, id?: string): string {
  if (id === undefined) return `/v1/orgs/${org}/keys`;
  // The whole key in place of its id would end in logs.
  if (/^cpk_[0-9a-f]{12}_/.test(id))
    throw new Failure("usage", "That is a key's secret, not its id.", `Its id is ${id.slice(0, 16)}.`);
  return `/v1/orgs/${org}/keys/${encodeURIComponent(id)}`;
}

async function issued({ terminal, format }: Session, body: Issued, what: string): Promise<void> {
  if (format === "json" || format === "yaml")
    return writeOne(terminal, format, { data: body, name: body.key.id, shown: [] });
  terminal.err(`${what} It expires: ${body.key.expiresAt ?? "never"}. The secret is shown this once.\n`);
  terminal.out(`${body.secret}\n`);
}

const show = ({ terminal, format }: Session, key: ApiKeyView): Promise<void> =>
  writeOne(terminal, format, {
    data: key,
    name: key.id,
    shown: [
      ["Name", key.name],
      ["Id", key.id],
      ["Role", key.role],
      ["Networks", key.networks?.join(", ") ?? "all"],
      ["Addresses", key.cidrs?.join(", ") ?? "all"],
      ["Expires", key.expiresAt ?? "never"],
      ["Replaced by", key.replacedBy ?? "-"],
      ["Last used", key.lastUsedAt ? `${age(key.lastUsedAt, terminal.now())} ago` : "never"],
      ["By", key.createdBy ?? "-"],
      ["Age", age(key.createdAt, terminal.now())],
    ],
  });
