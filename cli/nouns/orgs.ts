import type { Organization, OrganizationOf } from "#core/model/organization.ts";
import { age } from "../age.ts";
import { confirm, noun, yes } from "../command.ts";
import { writeList, writeOne } from "../output.ts";
import { everything, type Session } from "../session.ts";

export const orgs = noun({
  name: "orgs",
  about: "organizations: the accounts that networks, members and keys belong to",
  verbs: [
    {
      usage: "list",
      does: "list the organizations one belongs to",
      examples: ["orgs list"],
      act: async ({ terminal, format, api }) => {
        const now = terminal.now();
        await writeList(terminal, format, await everything<OrganizationOf>(api, "/v1/orgs"), {
          nameOf: ({ slug }) => slug,
          whenEmpty: "You belong to no organization. Make one: cellplane orgs create SLUG",
          columns: [
            { title: "SLUG", of: ({ slug }) => slug },
            { title: "NAME", of: ({ name }) => name },
            { title: "ROLE", of: ({ role }) => role },
            { title: "AGE", of: ({ createdAt }) => age(createdAt, now) },
            { title: "ID", of: ({ id }) => id },
          ],
        });
      },
    },
    {
      usage: "get <organization>",
      does: "show one organization, by slug or id",
      examples: ["orgs get acme"],
      act: async (session, { args: [which = ""] }) =>
        show(session, (await session.api.call<Organization>({ path: pathOf(which) })).body),
    },
    {
      usage: "create <slug>",
      does: "make an organization, and own it",
      examples: ['orgs create acme --name "Acme Industries"'],
      options: (command) => command.option("--name <name>", "what it is called (default: its slug)"),
      act: async (session, { args: [slug], options: { name } }) => {
        const { body } = await session.api.call<Organization>({
          method: "POST",
          path: "/v1/orgs",
          headers: { "idempotency-key": crypto.randomUUID() },
          body: { slug, name },
        });
        await show(session, body);
        session.terminal.err(`Next: cellplane networks create NAME --org ${body.slug} --wait\n`);
      },
    },
    {
      usage: "update <organization>",
      does: "rename an organization, or change its slug",
      examples: ['orgs update acme --name "Acme Industries"', "orgs update acme --slug acme-eu"],
      options: (command) => command.option("--name <name>", "another name").option("--slug <slug>", "another slug"),
      act: async (session, { args: [which = ""], options: { name, slug } }) => {
        const { body } = await session.api.call<Organization>({
          method: "PATCH",
          path: pathOf(which),
          headers: { "if-match": "*" },
          body: { name, slug },
        });
        await show(session, body);
      },
    },
    {
      usage: "delete <organization>",
      does: "delete an organization that has no networks",
      examples: ["orgs delete acme --yes"],
      options: yes,
      act: async (session, given) => {
        const [which = ""] = given.args;
        await confirm(session, given, `Delete the organization ${which} with its members and keys?`);
        await session.api.call({ method: "DELETE", path: pathOf(which), headers: { "if-match": "*" } });
        session.terminal.err(`The organization ${which} is gone; its audit trail stays.\n`);
      },
    },
  ],
});

const pathOf = (which: string): string => `/v1/orgs/${encodeURIComponent(which)}`;

const show = ({ terminal, format }: Session, organization: Organization): Promise<void> =>
  writeOne(terminal, format, {
    data: organization,
    name: organization.slug,
    shown: [
      ["Slug", organization.slug],
      ["Name", organization.name],
      ["Id", organization.id],
      ["Age", age(organization.createdAt, terminal.now())],
      ["By", organization.createdBy ?? "-"],
    ],
  });
