import { Unreachable } from "#adapters/http.ts";
import { hasEnded, type Operation } from "#core/model/operation.ts";
import { elapsed } from "./age.ts";
import { Failure } from "./failure.ts";
import type { Session } from "./session.ts";

/** How long a control plane that restarts may be away before we give up on it. */
const PATIENCE_MS = 30_000;
/** A held call answers at the end only: steps of the first seconds are seen by asking often, later ones by holding for a second. */
const OFTEN_FOR_MS = 10_000;
const OFTEN_MS = 150;

/** Waits for the end of an operation and tells each step on stderr as it comes. A failed one is a refusal in its own words. */
export async function watchOperation(session: Session, id: string, timeoutMs: number): Promise<Operation> {
  const { api, terminal } = session;
  const startedAt = terminal.now();
  let lastAnswerAt = startedAt;
  let told = "";
  for (;;) {
    const left = startedAt + timeoutMs - terminal.now();
    if (left <= 0)
      throw new Failure(
        "timed-out",
        `The operation ${id} has not ended after ${elapsed(timeoutMs)}. It goes on.`,
        `\`cellplane operations watch ${id}\` waits on.`,
      );
    const wait = terminal.now() - startedAt < OFTEN_FOR_MS || left < 1_000 ? 0 : 1;
    try {
      const { body: operation } = await api.call<Operation>({ path: `/v1/operations/${id}?wait=${wait}` });
      lastAnswerAt = terminal.now();
      const now = stateOf(operation);
      if (now !== told) terminal.err(`${elapsed(terminal.now() - startedAt).padStart(8)}  ${now}\n`);
      told = now;
      if (hasEnded(operation)) return judged(operation);
      if (wait === 0) await terminal.sleep(Math.min(left, OFTEN_MS));
    } catch (error) {
      if (!(error instanceof Unreachable) || terminal.now() - lastAnswerAt > PATIENCE_MS) throw error;
      const away = "the control plane does not answer; waiting for it";
      if (away !== told) terminal.err(`${elapsed(terminal.now() - startedAt).padStart(8)}  ${away}\n`);
      told = away;
      await terminal.sleep(500);
    }
  }
}

function stateOf({ state, step, timeline }: Operation): string {
  if (state !== "running") return state;
  const last = timeline.at(-1);
  const detail = last && last.step === step && last.outcome === "waiting" ? last.detail : "";
  return [step ?? state, ...(detail ? [detail] : [])].join(": ");
}

function judged(operation: Operation): Operation {
  const { id, kind, state, error } = operation;
  if (state === "succeeded") return operation;
  throw new Failure(
    "refused",
    error?.detail ?? `The operation ended as ${state}.`,
    state === "superseded"
      ? "A newer change took its place."
      : `\`cellplane operations get ${id}\` shows each step of this ${kind}.`,
  );
}
