import type { MemberView } from "#core/model/member.ts";
import { age } from "../age.ts";
import { confirm, noun, yes } from "../command.ts";
import { Failure } from "../failure.ts";
import { writeList, writeOne } from "../output.ts";
import { everything, type Session } from "../session.ts";

const ROLES = "owner, admin, operator or viewer";

export const members = noun({
  name: "members",
  about: "people in an organization, and invitations to it",
  verbs: [
    {
      usage: "list",
      does: "list the members and invitations of the organization",
      examples: ["members list", "members list --org acme"],
      act: async ({ terminal, format, api, org }) => {
        const now = terminal.now();
        await writeList(terminal, format, await everything<MemberView>(api, pathIn(org)), {
          nameOf: ({ email }) => email,
          whenEmpty: "Nobody is in it but keys. Invite somebody: cellplane members invite ada@example.com --role admin",
          columns: [
            { title: "E-MAIL", of: ({ email }) => email },
            { title: "ROLE", of: ({ role }) => role },
            { title: "STATE", of: ({ state }) => state },
            { title: "AGE", of: ({ createdAt }) => age(createdAt, now) },
            { title: "ID", of: ({ id }) => id },
          ],
        });
      },
    },
    {
      usage: "get <member>",
      does: "show one member, by e-mail address or id",
      examples: ["members get ada@example.com"],
      act: async (session, { args: [which = ""] }) => {
        const { id } = await find(session, which);
        await show(session, (await session.api.call<MemberView>({ path: pathIn(session.org, id) })).body);
      },
    },
    {
      usage: "invite <e-mail>",
      does: "invite somebody; they are in once they sign in with that address. No mail is sent",
      aliases: ["create"],
      examples: ["members invite ada@example.com --role operator"],
      options: (command) => command.requiredOption("--role <role>", ROLES),
      act: async (session, { args: [email], options: { role } }) => {
        const { body } = await session.api.call<MemberView>({
          method: "POST",
          path: pathIn(session.org),
          headers: { "idempotency-key": crypto.randomUUID() },
          body: { email, role },
        });
        await show(session, body);
        session.terminal.err("Tell them: the invitation is accepted by signing in with this address.\n");
      },
    },
    {
      usage: "update <member>",
      does: "give a member another role",
      examples: ["members update ada@example.com --role admin"],
      options: (command) => command.requiredOption("--role <role>", ROLES),
      act: async (session, { args: [which = ""], options: { role } }) => {
        const { id } = await find(session, which);
        const { body } = await session.api.call<MemberView>({
          method: "PATCH",
          path: pathIn(session.org, id),
          headers: { "if-match": "*" },
          body: { role },
        });
        await show(session, body);
      },
    },
    {
      usage: "remove <member>",
      does: "take somebody out, or oneself; an invitation is taken back",
      aliases: ["delete"],
      examples: ["members remove ada@example.com --yes"],
      options: yes,
      act: async (session, given) => {
        const { id, email } = await find(session, given.args[0] ?? "");
        await confirm(session, given, `Take ${email} out of the organization?`);
        await session.api.call({ method: "DELETE", path: pathIn(session.org, id), headers: { "if-match": "*" } });
        session.terminal.err(`${email} is out. Network tokens that they hold end within 15 minutes.\n`);
      },
    },
  ],
});

const pathIn = (org: string, id?: string): string =>
  `/v1/orgs/${org}/members${id === undefined ? "" : `/${encodeURIComponent(id)}`}`;

async function find({ api, org }: Session, which: string): Promise<MemberView> {
  const found = (await everything<MemberView>(api, pathIn(org))).find(
    ({ id, email }) => id === which || email === which.toLowerCase(),
  );
  if (found) return found;
  throw new Failure("refused", `There is no member ${which}.`, "`cellplane members list` shows who is there.");
}

const show = ({ terminal, format }: Session, member: MemberView): Promise<void> =>
  writeOne(terminal, format, {
    data: member,
    name: member.email,
    shown: [
      ["E-mail", member.email],
      ["Role", member.role],
      ["State", member.state],
      ["Id", member.id],
      ["Age", age(member.createdAt, terminal.now())],
    ],
  });
