import { Unreachable } from "#adapters/http.ts";
import { errorKinds, Refusal } from "#core/errors.ts";
import type { Explanation } from "#core/model/explain.ts";
import { rolloutHasEnded } from "#core/model/rollout/rollout.ts";
import { elapsed, span } from "../age.ts";
import { Failure } from "../failure.ts";
import { liveFrame } from "../live-frame.ts";
import { coloured, plain, tame } from "../paint.ts";
import type { Session } from "../session.ts";
import { canRedraw, hasColour, type Terminal } from "../terminal.ts";
import { drawRollout } from "./draw-rollout.ts";
import { endingLines, type Look, lineOf, nextSteps, type RolloutDetail } from "./look.ts";

/** How often it is looked at, and drawn. */
const EVERY_MS = 1_000;
/** A rollout of thousands takes a while to answer: whoever watches takes at most a fifth of that time. */
const REST = 4;

/** What is written while it is watched. */
interface Report {
  seen(look: Look): void;
  silent(look: Look, sinceMs: number): void;
}

/**
 * Watches a rollout to its end. A control plane that does not answer is waited for; Ctrl-C ends the watching alone. Refuses where it
 * did not succeed, so that the exit code says it.
 */
export async function watchRollout(session: Session, id: string, timeoutMs = Number.POSITIVE_INFINITY): Promise<void> {
  const { terminal, format } = session;
  const stop = new AbortController();
  const undo = terminal.onInterrupt(() => stop.abort());
  const report = format === "json" ? jsonLines(terminal) : canRedraw(terminal) ? pictures(terminal) : lines(terminal);
  const startedAt = terminal.now();
  let [last, answeredAt]: [Look | undefined, number] = [undefined, startedAt];
  try {
    for (;;) {
      const askedAt = terminal.now();
      try {
        last = await lookAt(session, id, stop.signal);
        answeredAt = terminal.now();
        report.seen(last);
        if (rolloutHasEnded(last.rollout)) return ended(session, last);
      } catch (error) {
        if (stop.signal.aborted) throw interrupted(id);
        if (!last || !passes(error)) throw error;
        report.silent(last, terminal.now() - answeredAt);
      }
      const left = startedAt + timeoutMs - terminal.now();
      if (left <= 0)
        throw new Failure("timed-out", `${id} has not ended after ${elapsed(timeoutMs)}. It goes on.`, watchOn(id));
      await terminal.sleep(Math.min(left, Math.max(EVERY_MS, REST * (answeredAt - askedAt))), stop.signal);
      if (stop.signal.aborted) throw interrupted(id);
    }
  } finally {
    undo();
  }
}

const watchOn = (id: string) => `\`cellplane rollouts watch ${id}\` watches on.`;
const interrupted = (id: string) =>
  new Failure("interrupted", `No longer watching. The rollout ${id} goes on.`, watchOn(id));

async function lookAt({ api }: Session, id: string, signal: AbortSignal): Promise<Look> {
  const path = `/v1/rollouts/${encodeURIComponent(id)}`;
  const { body: rollout } = await api.call<RolloutDetail>({ path, signal });
  const { body: explanation } = await api.call<Explanation>({ path: `${path}/explain`, signal });
  return { rollout, explanation };
}

/** What the next call may find mended. */
const passes = (error: unknown): boolean =>
  error instanceof Unreachable || (error instanceof Refusal && errorKinds[error.kind].retry);

function ended({ terminal, format }: Session, look: Look): void {
  const { rollout } = look;
  if (format !== "json")
    terminal.out(
      `\n${endingLines(look, terminal.now())
        .map((line) => `${tame(line)}\n`)
        .join("")}`,
    );
  if (rollout.state === "succeeded") return;
  throw new Failure(
    "refused",
    `The rollout ${rollout.id} did not succeed: it is ${rollout.state}.`,
    nextSteps(rollout)
      .map((step) => `\`${step}\``)
      .join("\n"),
  );
}

/** One line for each change. */
function lines(terminal: Terminal): Report {
  let told = "";
  const tell = (line: string) => {
    if (line !== told) terminal.out(`${new Date(terminal.now()).toISOString()}  ${tame(line)}\n`);
    told = line;
  };
  return {
    seen: (look) => tell(lineOf(look)),
    silent: () => tell("the control plane does not answer; waiting for it"),
  };
}

/** One JSON object in a line for each change. */
function jsonLines(terminal: Terminal): Report {
  let told = "";
  return {
    seen(look) {
      const line = lineOf(look);
      if (line !== told) terminal.out(`${JSON.stringify({ at: new Date(terminal.now()).toISOString(), ...look })}\n`);
      told = line;
    },
    silent: (_look, sinceMs) => terminal.err(`no answer for ${span(sinceMs)}; waiting for it\n`),
  };
}

function pictures(terminal: Terminal): Report {
  const frame = liveFrame(terminal);
  const paint = hasColour(terminal) ? coloured : plain;
  const draw = (look: Look, silentMs?: number) =>
    frame.show(
      drawRollout(look, {
        // A terminal breaks a line that ends in its last column.
        width: Math.max(20, (terminal.width ?? 80) - 1),
        now: terminal.now(),
        paint,
        ...(terminal.height === undefined ? {} : { height: terminal.height }),
        ...(silentMs === undefined ? {} : { silentMs }),
      }),
    );
  return { seen: (look) => draw(look), silent: draw };
}
