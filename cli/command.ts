import { Command, InvalidArgumentError, Option } from "commander";
import { millisecondsOf } from "#core/model/duration.ts";
import { Failure } from "./failure.ts";
import { openSession, type Session, type SharedOptions } from "./session.ts";
import type { Terminal } from "./terminal.ts";

/** Makes the commands of one noun. */
export type Noun = (terminal: Terminal) => Command;

/** What is between `cellplane <noun> <verb>` and its work: the options that verbs share, the session, help with examples. */
export interface Verb {
  /** As commander writes it: `get <network>`. */
  readonly usage: string;
  readonly does: string;
  /** Other words for the same. */
  readonly aliases?: readonly string[];
  /** True where the noun alone means this. */
  readonly isDefault?: boolean;
  readonly examples: readonly string[];
  /** Adds options of its own. */
  readonly options?: (command: Command) => Command;
  /** Given the arguments, then the options, typed by who wrote them. */
  readonly act: (session: Session, given: Given) => Promise<void>;
}

export interface Given {
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

export interface NounOptions {
  readonly name: string;
  readonly about: string;
  /** True where it lives in a network: its verbs take `--network` and `--workspace`. */
  readonly inNetwork?: boolean;
  readonly verbs: readonly Verb[];
}

/** Builds a noun; each verb reads the same options in the same way. */
export const noun =
  ({ name, about, inNetwork = false, verbs }: NounOptions): Noun =>
  (terminal) => {
    const command = new Command(name)
      .description(about)
      .helpCommand(false)
      .addHelpText("after", examplesText(verbs.flatMap(({ examples }) => examples.slice(0, 1))));
    for (const verb of verbs) {
      const sub = command
        .command(verb.usage, { isDefault: verb.isDefault ?? false })
        .description(verb.does)
        .addOption(new Option("-o, --output <format>", "table, wide, json, yaml or name").default("table"))
        .option("--org <organization>", "id or slug of the organization", "default")
        .aliases([...(verb.aliases ?? [])])
        .addHelpText("after", examplesText(verb.examples));
      if (inNetwork)
        sub
          .option("--network <network>", "name or id; may be left out where there is one network, or CELLPLANE_NETWORK")
          .option("--workspace <workspace>", "its name, or CELLPLANE_WORKSPACE (default: default)");
      verb.options?.(sub);
      sub.action(async (...all: unknown[]) => {
        const options = sub.opts<SharedOptions & Record<string, unknown>>();
        const session = openSession(terminal, options);
        try {
          await verb.act(session, { args: all.filter((one) => typeof one === "string"), options });
        } finally {
          session.close();
        }
      });
    }
    return command;
  };

const examplesText = (examples: readonly string[]): string =>
  `\nExamples:\n${examples.map((line) => `  $ cellplane ${line}`).join("\n")}\n`;

/** `--yes`, or a question where somebody can answer it. */
export async function confirm({ terminal }: Session, { options }: Given, question: string): Promise<void> {
  if (options.yes === true) return;
  if (!terminal.canAsk) throw new Failure("usage", `${question} Nobody is here to answer.`, "Add --yes.");
  const answer = await terminal.ask(`${question} [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new Failure("refused", "Nothing was done.");
}

export const yes = (command: Command): Command => command.option("-y, --yes", "do not ask");

export const waiting = (command: Command): Command =>
  command
    .option("--wait", "wait for the end, and tell each step on stderr")
    .option("--timeout <duration>", "how long to wait; exit code 4 after that", duration, millisecondsOf("10m"));

/** `"90s"`, `"10m"` as milliseconds. */
export function duration(text: string): number {
  if (!/^[1-9][0-9]{0,8}(ms|s|m|h|d)$/.test(text)) throw new InvalidArgumentError('Write it like "30s" or "10m".');
  return millisecondsOf(text);
}

/** Repeatable `--label name=value`. */
export function label(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf("=");
  if (at <= 0) throw new InvalidArgumentError("Write it as name=value.");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** Repeatable `--set name=value`: what reads as JSON is that, anything else is a text. */
export function setting(text: string, before: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const at = text.indexOf("=");
  if (at <= 0) throw new InvalidArgumentError("Write it as name=value.");
  return { ...before, [text.slice(0, at)]: parsed(text.slice(at + 1)) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Repeatable, and each may be several behind commas: `--cell a,b --cell c`. */
export const several = (text: string, before: readonly string[] = []): string[] => [
  ...before,
  ...text.split(",").filter((one) => one !== ""),
];

/** A whole number of at least 1. */
export function count(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError("It must be a whole number above 0.");
  return Number(text);
}
