import { Refusal } from "#core/errors.ts";
import type { Rollout } from "#core/model/rollout/rollout.ts";
import { count, type Given, type Verb } from "../command.ts";
import { Failure } from "../failure.ts";
import { writeOne } from "../output.ts";
import { reasoned, reasonFor, withReason } from "../reason.ts";
import { amount } from "../rollout/rollout-request.ts";
import { rolloutPath, sayNext } from "../rollout/show-rollout.ts";
import type { Session } from "../session.ts";

/** What an operator tells a rollout. Each takes effect at once, and each may be repeated. */
export const rolloutCommands: readonly Verb[] = [
  command("pause", "start nothing more for now; what is in flight settles"),
  command(
    "resume",
    "go on after a pause; after a breach or the no of a gate it needs a reason, and accepts what was seen",
  ),
  command("abort", "start nothing more, and end when what is in flight has settled"),
  command("roll-back", "give back what was there before, last wave first", ["rollback"]),
  {
    ...command("retry-failed", "make another rollout over what failed or was skipped"),
    act: async (session, given) => {
      const [id = ""] = given.args;
      const next = await send(session, given, `${rolloutPath(id)}/retry-failed`);
      await told(session, next, `${next.id} retries what failed or was skipped in ${id}.`);
    },
  },
  {
    usage: "pace <rollout> <amount>",
    does: 'change how many are in flight at once: 10 or "10%"',
    examples: [
      'rollouts pace rol_01k… 2 --reason "the region is busy"',
      'rollouts pace rol_01k… 20% --per-cell 5 --reason "it is night"',
    ],
    options: (sub) =>
      reasoned(sub)
        .option("--per-cell <amount>", "at most so many in one cell", amount)
        .option("--per-region <amount>", "at most so many in one region", amount),
    act: async (session, given) => {
      const [id = "", text = ""] = given.args;
      const { perCell, perRegion } = given.options;
      const maxConcurrent = { total: amountOf(text), perCell, perRegion };
      const reason = await reasonFor(session, given, "Why is its pace changed?");
      const rollout = await call(session, id, {
        method: "PATCH",
        path: rolloutPath(id),
        body: { maxConcurrent, reason },
      });
      await told(session, rollout, `${id} goes on with at most ${text} at once.`);
    },
  },
  {
    usage: "approve <rollout>",
    does: "open a gate, or end the bake of the wave that bakes",
    examples: [
      'rollouts approve rol_01k… --gate 1 --reason "looked at the canaries"',
      'rollouts approve rol_01k… --reason "enough seen"',
    ],
    options: (sub) =>
      reasoned(sub).option("--gate <n>", "which one, from 1 as in the spec; without it: the bake", count),
    act: async (session, given) => {
      const [id = ""] = given.args;
      const { gate } = given.options;
      const reason = await reasonFor(session, given, "Why can it go on?");
      const rollout = await call(session, id, {
        method: "POST",
        path: `${rolloutPath(id)}/approve`,
        body: { gate, reason },
      });
      await told(
        session,
        rollout,
        gate === undefined ? `The bake of ${id} is over.` : `Gate ${gate} of ${id} is open.`,
      );
    },
  },
];

function command(
  verb: "pause" | "resume" | "abort" | "roll-back" | "retry-failed",
  does: string,
  aliases: string[] = [],
): Verb {
  return {
    usage: `${verb} <rollout>`,
    does,
    aliases,
    examples: [`rollouts ${verb} rol_01k… --reason "customers wait"`],
    options: reasoned,
    act: async (session, given) => {
      const [id = ""] = given.args;
      const rollout = await send(session, given, `${rolloutPath(id)}/${verb}`);
      await told(session, rollout, `${id} is ${rollout.stopping ? "stopping" : rollout.state}.`);
    },
  };
}

const send = (session: Session, given: Given, path: string): Promise<Rollout> =>
  withReason(session, given, (reason) =>
    call(session, given.args[0] ?? "", { method: "POST", path, body: { reason } }),
  );

/** What cannot be done now is refused by the API with what can: as command lines here. */
async function call(
  { api }: Session,
  id: string,
  request: { method: "POST" | "PATCH"; path: string; body: object },
): Promise<Rollout> {
  try {
    return (await api.call<Rollout>(request)).body;
  } catch (error) {
    const possible = error instanceof Refusal ? error.details.extra?.possible : undefined;
    if (!(error instanceof Refusal) || !Array.isArray(possible) || possible.length === 0) throw error;
    const lines = possible.map((verb) => `\`cellplane rollouts ${verb} ${id}${verb === "pace" ? " 10" : ""}\``);
    throw new Failure("refused", error.message, lines.join("\n"));
  }
}

function amountOf(text: string): number | string {
  try {
    return amount(text);
  } catch (error) {
    throw new Failure("usage", `${text} is no pace.`, error instanceof Error ? error.message : "");
  }
}

async function told(session: Session, rollout: Rollout, what: string): Promise<void> {
  const { terminal, format } = session;
  if (format !== "table" && format !== "wide")
    return writeOne(terminal, format, { data: rollout, name: rollout.id, shown: [] });
  terminal.out(`${what}\n`);
  sayNext(session, rollout);
}
