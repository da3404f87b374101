import type { Command } from "commander";
import { Refusal } from "#core/errors.ts";
import type { Given } from "./command.ts";
import { Failure } from "./failure.ts";
import type { Session } from "./session.ts";

export const reasoned = (command: Command): Command =>
  command.option("--reason <reason>", "kept in the audit trail, and read by whoever waits");

/** `--reason`, or a question where somebody can answer it. */
export async function reasonFor({ terminal }: Session, { options }: Given, question: string): Promise<string> {
  if (typeof options.reason === "string" && options.reason.trim() !== "") return options.reason;
  if (!terminal.canAsk) throw new Failure("usage", `${question} Nobody is here to answer.`, 'Add --reason "…".');
  const answer = (await terminal.ask(`${question} `)).trim();
  if (answer === "") throw new Failure("refused", "Nothing was done: it needs a reason.");
  return answer;
}

/** Sends with the reason that was given, if any. Where the API says that this needs one, it is asked for, and sent again. */
export async function withReason<T>(
  session: Session,
  given: Given,
  send: (reason: string | undefined) => Promise<T>,
): Promise<T> {
  const { reason } = given.options;
  try {
    return await send(typeof reason === "string" ? reason : undefined);
  } catch (error) {
    if (!session.terminal.canAsk || !(error instanceof Refusal)) throw error;
    if (!error.details.errors?.some(({ path }) => path === "reason")) throw error;
    session.terminal.err(`${error.message}\n`);
    return send(await reasonFor(session, { ...given, options: {} }, "Why?"));
  }
}
