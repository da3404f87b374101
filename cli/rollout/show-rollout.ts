import { describeChange } from "#core/model/rollout/change.ts";
import { type Rollout, rolloutHasEnded } from "#core/model/rollout/rollout.ts";
import { age } from "../age.ts";
import { writeOne } from "../output.ts";
import type { Session } from "../session.ts";
import { countsText, endingLines, nextSteps, type RolloutDetail, tookText, waveText } from "./look.ts";

export const rolloutPath = (id: string): string => `/v1/rollouts/${encodeURIComponent(id)}`;

/** Fetches a rollout, shows all that is known of it, and says what can be done next. */
export async function showRollout({ terminal, format, api }: Session, id: string): Promise<void> {
  const { body: rollout } = await api.call<RolloutDetail>({ path: rolloutPath(id) });
  const now = terminal.now();
  const { spec, summary, progress, paused, stopping, rollback } = rollout;
  const deed = (what: string, { by, reason }: { by: string; reason: string }): string =>
    `${what} by ${by}${reason ? `: ${reason}` : ""}`;
  await writeOne(terminal, format, {
    data: rollout,
    name: rollout.id,
    shown: [
      ["Id", rollout.id],
      ["Change", describeChange(spec.change)],
      ...(spec.from ? [["From", spec.from.release] as const] : []),
      ["Networks", spec.selector ? JSON.stringify(spec.selector) : "the whole fleet"],
      ["State", rollout.state],
      ...[
        paused && deed("paused", paused),
        stopping && deed("stopped", stopping),
        rollback && deed("rolled back", rollback),
      ]
        .filter((text) => text !== null)
        .map((text) => ["Because", text] as const),
      ["Wave", waveText(rollout)],
      [
        "Waves",
        progress.waves.map(({ targets, states }, at) => `${at + 1}: ${targets}, ${countsText(states)}`).join("\n"),
      ],
      ["Budget", `${progress.budget.failed} failed, at most ${progress.budget.allowed} may; then ${spec.onFailure}`],
      ["Pace", `${progress.slots.taken} in flight, at most ${progress.slots.limit} at once`],
      ["Gates", gatesText(rollout)],
      ["Ends", progress.eta === null ? "-" : `about ${progress.eta}`],
      ["Reason", rollout.reason],
      ["By", rollout.actor],
      ...(rollout.retryOf ? [["Retries", rollout.retryOf] as const] : []),
      ["Age", age(rollout.createdAt, now)],
      ["Took", rollout.endedAt === null ? "-" : tookText(rollout, now)],
      ...(rolloutHasEnded(rollout) ? [["Summary", endingLines({ rollout }, now).join("\n")] as const] : []),
      ...(summary.failures.length > 0 && !rolloutHasEnded(rollout)
        ? [
            [
              "Failures",
              summary.failures.map(({ code, count, example }) => `${count} × ${code}, such as ${example}`).join("\n"),
            ] as const,
          ]
        : []),
    ],
  });
  sayNext({ terminal, format }, rollout);
}

/** What a person may do next, where a person reads it. */
export function sayNext({ terminal, format }: Pick<Session, "terminal" | "format">, rollout: Rollout): void {
  if (format !== "table" && format !== "wide") return;
  for (const step of nextSteps(rollout)) terminal.err(`Next: ${step}\n`);
}

const gatesText = ({ spec, gates }: Rollout): string =>
  spec.gates
    .map((gate, at) => {
      const place = gate.before === undefined ? `after wave ${gate.after}` : `before wave ${gate.before}`;
      const { state = "closed", detail = null } = gates[at] ?? {};
      return `${at + 1}: ${gate.kind}, ${place}: ${state}${detail ? ` (${detail})` : ""}`;
    })
    .join("\n") || "-";
