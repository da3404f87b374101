import type { Explanation } from "#core/model/explain.ts";
import { describeChange } from "#core/model/rollout/change.ts";
import type { RolloutReport } from "#core/model/rollout/report.ts";
import type { Rollout } from "#core/model/rollout/rollout.ts";
import type { RolloutTarget } from "#core/model/rollout/target.ts";
import { age, span } from "../age.ts";
import { count, duration, noun } from "../command.ts";
import { writeData, writeExplanation, writeList } from "../output.ts";
import { tame } from "../paint.ts";
import { waveText } from "../rollout/look.ts";
import { reportLines } from "../rollout/report-lines.ts";
import { rolloutPath, showRollout } from "../rollout/show-rollout.ts";
import { watchRollout } from "../rollout/watch-rollout.ts";
import { everything, queryOf } from "../session.ts";
import { rolloutCommands } from "./rollout-commands.ts";
import { createRollout } from "./rollout-create.ts";

export const rollouts = noun({
  name: "rollouts",
  about: "changes across the fleet, wave by wave (for platform operators)",
  verbs: [
    createRollout,
    {
      usage: "list",
      does: "list the rollouts, newest first",
      examples: ["rollouts list", "rollouts list -o wide"],
      options: (command) => command.option("--limit <n>", "at most so many", count, 50),
      act: async ({ terminal, format, api }, { options: { limit } }) => {
        const now = terminal.now();
        await writeList(terminal, format, await everything<Rollout>(api, "/v1/rollouts", Number(limit)), {
          nameOf: ({ id }) => id,
          whenEmpty: 'There is no rollout yet. Start one: cellplane rollouts create --release 1.5.0 --reason "…"',
          columns: [
            { title: "ID", of: ({ id }) => id },
            { title: "CHANGE", of: ({ spec }) => describeChange(spec.change) },
            { title: "STATE", of: ({ state }) => state },
            { title: "WAVE", of: waveText },
            { title: "AGE", of: ({ createdAt }) => age(createdAt, now) },
            { title: "REASON", of: ({ reason }) => reason },
            { title: "BY", of: ({ actor }) => actor, wide: true },
            { title: "ENDED", of: ({ endedAt }) => endedAt ?? "-", wide: true },
          ],
        });
      },
    },
    {
      usage: "get <rollout>",
      does: "show a rollout, how far it is, and what it may still do",
      examples: ["rollouts get rol_01k…", "rollouts get rol_01k… -o yaml"],
      act: (session, { args: [id = ""] }) => showRollout(session, id),
    },
    {
      usage: "watch <rollout>",
      does:
        "watch a rollout to its end: drawn over and over in a terminal, else one line for each change (-o json: an object a line); " +
        "exit code 0 only when it succeeded; Ctrl-C ends the watching alone",
      examples: [
        "rollouts watch rol_01k…",
        "rollouts watch rol_01k… --timeout 2h",
        "rollouts watch rol_01k… -o json | jq .",
      ],
      options: (command) =>
        command.option("--timeout <duration>", "exit code 4 after that; the rollout goes on", duration),
      act: (session, { args: [id = ""], options: { timeout } }) =>
        watchRollout(session, id, typeof timeout === "number" ? timeout : undefined),
    },
    {
      usage: "targets <rollout>",
      does: "say what becomes of each network",
      examples: [
        "rollouts targets rol_01k… --state failed",
        "rollouts targets rol_01k… --wave 2 --why window",
        "rollouts targets rol_01k… --state waiting -o name",
      ],
      options: (command) =>
        command
          .option(
            "--state <state>",
            "pending, waiting, updating, soaking, done, failed, timed-out, skipped, deferred or rolled-back",
          )
          .option("--wave <n>", "of one wave, from 1")
          .option("--why <code>", "by the code of why it is there"),
      act: async ({ terminal, format, api }, { args: [id = ""], options: { state, wave, why } }) => {
        const now = terminal.now();
        const query = queryOf({ state, wave, why });
        const found = await everything<RolloutTarget>(api, `${rolloutPath(id)}/targets${query}`);
        await writeList(terminal, format, found, {
          nameOf: ({ network }) => network,
          whenEmpty: query ? "No target matches." : "The rollout has no targets.",
          columns: [
            { title: "NETWORK", of: ({ network }) => network },
            { title: "WAVE", of: (target) => String(target.wave + 1) },
            { title: "STATE", of: (target) => target.state },
            { title: "FOR", of: ({ since }) => age(since, now) },
            { title: "TOOK", of: tookOf },
            { title: "WHY", of: whyOf },
            { title: "CODE", of: (target) => target.attempt?.failure?.code ?? target.why?.code ?? "-", wide: true },
            { title: "CELL", of: ({ attempt }) => attempt?.cell ?? "-", wide: true },
            { title: "ORG", of: ({ org }) => org, wide: true },
          ],
        });
      },
    },
    {
      usage: "explain <rollout> [network]",
      does: "say what a rollout waits for, or why one network of it is where it is",
      examples: ["rollouts explain rol_01k…", "rollouts explain rol_01k… factory-7"],
      act: async (session, { args: [id = "", network] }) => {
        const query = network === undefined ? "" : `?network=${(await session.network(network)).id}`;
        const { body } = await session.api.call<Explanation>({ path: `${rolloutPath(id)}/explain${query}` });
        await writeExplanation(session.terminal, session.format, id, body);
      },
    },
    {
      usage: "report <rollout>",
      does: "tell what became of a rollout: what it took, what failed and why; -o json and yaml for machines",
      examples: ["rollouts report rol_01k…", "rollouts report rol_01k… -o json > report.json"],
      act: async ({ terminal, format, api }, { args: [id = ""] }) => {
        const { body: report } = await api.call<RolloutReport>({ path: `${rolloutPath(id)}/report` });
        if (await writeData(terminal, format, report)) return;
        terminal.out(
          reportLines(report, terminal.now())
            .map((line) => `${tame(line)}\n`)
            .join(""),
        );
      },
    },
    ...rolloutCommands,
  ],
});

function tookOf({ attempt }: RolloutTarget): string {
  if (!attempt?.endedAt) return "-";
  return span(Date.parse(attempt.endedAt) - Date.parse(attempt.startedAt));
}

const whyOf = ({ attempt, why }: RolloutTarget): string => attempt?.failure?.message ?? why?.message ?? "-";
