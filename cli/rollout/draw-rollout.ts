import { describeChange } from "#core/model/rollout/change.ts";
import { type Rollout, rolloutHasEnded } from "#core/model/rollout/rollout.ts";
import type { TargetState } from "#core/model/rollout/target.ts";
import { span } from "../age.ts";
import { type Line, type Paint, plain, type Span, type Tone, wrapped, written } from "../paint.ts";
import { countsText, type Look, tookText } from "./look.ts";

export interface View {
  readonly width: number;
  readonly now: number;
  /** Lines there are; waves that do not fit are told in one line. */
  readonly height?: number;
  readonly paint?: Paint;
  /** How long nothing has been heard of it, where that is so. */
  readonly silentMs?: number;
}

/** Columns of words before and after the bar of a wave. */
const AROUND_BAR = 40;
const NAMES = 9;

/** A rollout as a picture in text: each line fits the width, and nothing is said by colour alone. */
export function drawRollout(look: Look, { width, now, height = 50, paint = plain, silentMs }: View): string[] {
  const { rollout, explanation } = look;
  const { summary } = rollout;
  const indent = " ".repeat(NAMES);
  const said = (name: string, text: string): Line[] =>
    wrapped(text, width, indent).map((line, at) => (at === 0 ? [["faint", name.padEnd(NAMES)], line] : [line]));
  const head: Line[] = [
    ...drawHead(rollout, width, now),
    ...(silentMs === undefined ? [] : [[["bad", `no answer for ${span(silentMs)}; this is as old`]] as Line]),
    [],
  ];
  const foot: Line[] = [
    [],
    ...said("targets", `${summary.targets}: ${countsText(summary.states)}`),
    ...said("budget", budgetText(look)),
    ...(rolloutHasEnded(rollout) ? [] : said("pace", paceText(look, now))),
    ...said("now", explanation.summary),
  ];
  // The last line of a terminal is the cursor's: a picture that scrolls cannot be drawn over.
  const room = Math.max(1, height - 1 - head.length - foot.length);
  const lines = [...head, ...drawWaves(rollout, look, { room, width, now }), ...foot];
  return lines.slice(0, Math.max(1, height - 1)).map((line) => written(line, width, paint));
}

/** In one line, or in two where it is narrow. */
function drawHead(rollout: Rollout, width: number, now: number): Line[] {
  const what: Line = [
    `${describeChange(rollout.spec.change)}  `,
    [toneOf(rollout), rollout.state],
    ["faint", `  ${tookText(rollout, now)}`],
  ];
  const id: Line = [["strong", rollout.id]];
  const length = [...id, ...what].reduce((sum, one) => sum + [...(typeof one === "string" ? one : one[1])].length, 2);
  return length > width ? [id, what] : [[...id, "  ", ...what]];
}

interface Room {
  readonly room: number;
  readonly width: number;
  readonly now: number;
}

/** The waves around the one at work, where not all of them fit. */
function drawWaves(rollout: Rollout, look: Look, { room, width, now }: Room): Line[] {
  const { waves } = look.rollout.progress;
  const shown = Math.min(waves.length, waves.length > room ? Math.max(1, room - 2) : room);
  const first = Math.max(0, Math.min(rollout.wave - Math.floor(shown / 2), waves.length - shown));
  const last = first + shown;
  const digits = String(waves.length).length;
  const bar = Math.max(5, Math.min(30, width - AROUND_BAR));
  const hidden = (from: number, to: number, what: string): Line[] =>
    to > from ? [[["faint", `  ${from + 1 === to ? `wave ${to}` : `waves ${from + 1} to ${to}`} ${what}`]]] : [];
  return [
    ...hidden(0, first, "are behind"),
    ...waves.slice(first, last).map(({ targets, states }, offset): Line => {
      const at = first + offset;
      const ended = endings.reduce((sum, state) => sum + (states[state] ?? 0), 0);
      return [
        markOf(rollout, at),
        ` wave ${String(at + 1).padStart(digits)}  `,
        ...barOf(states, targets, bar),
        `  ${ended}/${targets}`,
        ["faint", noteOf(rollout, at, states, now)],
      ];
    }),
    ...hidden(last, waves.length, "are ahead"),
  ];
}

type States = Readonly<Partial<Record<TargetState, number>>>;

const endings: readonly TargetState[] = ["done", "failed", "timed-out", "skipped", "deferred", "rolled-back"];

/** What a bar is made of, from left to right; each has a sign of its own beside its colour. */
const parts: readonly (readonly [sign: string, tone: Tone, states: readonly TargetState[]])[] = [
  ["█", "good", ["done"]],
  ["<", "busy", ["rolled-back"]],
  ["!", "bad", ["failed", "timed-out"]],
  ["-", "faint", ["skipped", "deferred"]],
  ["▒", "busy", ["updating", "soaking"]],
  ["░", "faint", ["waiting", "pending"]],
];

/** Rounded where a part ends, so that the whole is as long as it should be. An empty wave has nothing in it. */
function barOf(states: States, targets: number, length: number): Span[] {
  let [counted, drawn] = [0, 0];
  if (targets === 0) return [["faint", "·".repeat(length)]];
  return parts.map(([sign, tone, of]): Span => {
    counted += of.reduce((sum, state) => sum + (states[state] ?? 0), 0);
    const until = Math.round((counted / targets) * length);
    const text = sign.repeat(Math.max(0, until - drawn));
    drawn = Math.max(drawn, until);
    return [tone, text];
  });
}

function markOf(rollout: Rollout, at: number): Span {
  if (rolloutHasEnded(rollout) ? rollout.waves[at]?.settledAt : at < rollout.wave) return ["good", "✓"];
  return at === rollout.wave && !rolloutHasEnded(rollout) ? ["busy", "▶"] : " ";
}

function noteOf(rollout: Rollout, at: number, states: States, now: number): string {
  const some = (count: number, what: string): string[] => (count > 0 ? [`${count} ${what}`] : []);
  const of = (...names: TargetState[]) => names.reduce((sum, state) => sum + (states[state] ?? 0), 0);
  const until = rollout.waves[at]?.bakeUntil;
  const left = until ? Date.parse(until) - now : 0;
  const notes = [
    ...some(of("updating", "soaking"), "in flight"),
    ...some(of("failed", "timed-out"), "failed"),
    ...some(of("waiting"), "waiting"),
    ...some(of("skipped"), "skipped"),
    ...some(of("deferred"), "deferred"),
    ...(left > 0 && at === rollout.wave && !rolloutHasEnded(rollout) ? [`bakes for ${span(left)}`] : []),
  ];
  return notes.length > 0 ? `  ${notes.join(", ")}` : "";
}

const tones: Partial<Record<Rollout["state"], Tone>> = { succeeded: "good", failed: "bad", aborted: "bad" };
const toneOf = ({ state }: Rollout): Tone => tones[state] ?? "busy";

function budgetText({ rollout: { progress } }: Look): string {
  const { failed, allowed, perWave } = progress.budget;
  const inWave = perWave ? `; ${perWave.failed} in this wave, at most ${perWave.allowed} may` : "";
  return `${failed} failed, at most ${allowed} may${inWave}`;
}

function paceText({ rollout: { progress, gates } }: Look, now: number): string {
  const { slots, eta } = progress;
  const left = eta === null ? 0 : Date.parse(eta) - now;
  const gate = gates.some(({ state }) => state !== "passed") ? ", beside what gates take" : "";
  const end = left < 1_000 ? "" : `; about ${span(left)} to go${gate}`;
  return `${slots.taken} in flight, at most ${slots.limit} at once${end}`;
}
