import type { ReleaseView } from "#core/model/release/release-view.ts";
import { age } from "../age.ts";
import { confirm, noun, yes } from "../command.ts";
import { writeList, writeOne } from "../output.ts";
import { readDocument } from "../read-document.ts";
import { everything, type Session } from "../session.ts";

const listed = (values: readonly string[]): string => values.join(", ") || "-";
const state = ({ withdrawn, channels }: ReleaseView): string => (withdrawn ? "withdrawn" : listed(channels));
const path = (version: string): string => `/v1/releases/${encodeURIComponent(version)}`;

export const releases = noun({
  name: "releases",
  about: "published versions of the orchestrator, and the channels that carry them",
  verbs: [
    {
      usage: "list",
      does: "list the releases, newest first",
      examples: ["releases list", "releases list -o wide"],
      act: async ({ terminal, format, api }) => {
        const now = terminal.now();
        await writeList(terminal, format, await everything<ReleaseView>(api, "/v1/releases"), {
          nameOf: ({ version }) => version,
          whenEmpty: "There is no release yet. Publish one: cellplane releases publish FILE",
          columns: [
            { title: "VERSION", of: ({ version }) => version },
            { title: "CHANNELS", of: state },
            { title: "AGE", of: ({ publishedAt }) => age(publishedAt, now) },
            { title: "UPGRADES FROM", of: ({ upgradesFrom }) => listed(upgradesFrom), wide: true },
            { title: "DOWNGRADES TO", of: ({ downgradesTo }) => listed(downgradesTo), wide: true },
            { title: "NOTES", of: ({ notes }) => notes, wide: true },
          ],
        });
      },
    },
    {
      usage: "get <version>",
      does: "show one release",
      examples: ["releases get 1.5.0"],
      act: async (session, { args: [version = ""] }) => {
        const { body } = await session.api.call<ReleaseView>({ path: path(version) });
        await show(session, body);
      },
    },
    {
      usage: "publish <file>",
      does: "publish a release from a YAML or JSON file (for platform operators); no network gets it by that alone",
      examples: ["releases publish 1.5.0.yaml"],
      act: async (session, { args: [file = ""] }) => {
        const { terminal, api } = session;
        const { body } = await api.call<ReleaseView>({
          method: "POST",
          path: "/v1/releases",
          headers: { "idempotency-key": crypto.randomUUID() },
          body: await readDocument(terminal, file),
        });
        await show(session, body);
        terminal.err(`Next: cellplane releases promote ${body.version} --channel rapid\n`);
      },
    },
    {
      usage: "promote <version>",
      does: "have a channel carry a release: new networks that follow it get it",
      examples: ["releases promote 1.5.0 --channel rapid"],
      options: (command) => command.requiredOption("--channel <channel>", "stable or rapid"),
      act: async (session, { args: [version = ""], options: { channel } }) => {
        const { body } = await session.api.call<ReleaseView>({
          method: "POST",
          path: `${path(version)}/promote`,
          body: { channel },
        });
        await show(session, body);
      },
    },
    {
      usage: "withdraw <version>",
      does: "give a release to no network any more; networks that have it keep it",
      examples: ['releases withdraw 1.5.0 --reason "nodes lose their labels"'],
      options: (command) =>
        yes(command.requiredOption("--reason <reason>", "for the audit trail, and for who asks for it")),
      act: async (session, given) => {
        const [version = ""] = given.args;
        await confirm(session, given, `Withdraw the release ${version} for good?`);
        const { body } = await session.api.call<ReleaseView>({
          method: "POST",
          path: `${path(version)}/withdraw`,
          body: { reason: given.options.reason },
        });
        await show(session, body);
      },
    },
  ],
});

const withdrawal = ({ withdrawn }: ReleaseView): string => (withdrawn ? `${withdrawn.reason} (${withdrawn.at})` : "-");

const show = ({ terminal, format }: Session, release: ReleaseView): Promise<void> =>
  writeOne(terminal, format, {
    data: release,
    name: release.version,
    shown: [
      ["Version", release.version],
      ["Channels", listed(release.channels)],
      ["Upgrades from", listed(release.upgradesFrom)],
      ["Downgrades to", listed(release.downgradesTo)],
      ["Oldest edge", release.minEdge ?? "-"],
      ["Oldest agent", release.minAgent ?? "-"],
      ["Settings", listed(Object.keys(release.settingsSchema.properties))],
      ["Images", listed(Object.entries(release.images).map(([name, digest]) => `${name} ${digest}`))],
      ["Withdrawn", withdrawal(release)],
      ["Published", release.publishedAt],
      ["Notes", release.notes || "-"],
    ],
  });
