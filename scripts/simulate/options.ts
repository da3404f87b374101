import { parseArgs } from "node:util";
import { Duration, millisecondsOf } from "#core/model/time.ts";

export const usage = `usage: npm run simulate -- ROLLOUT.json [options]

Plays a rollout over an imagined fleet and prints the timeline an operator would see, hours in milliseconds.
ROLLOUT.json is what POST /v1/rollouts takes; - reads it from standard input.

  --fleet N        networks (300)
  --failures SHARE of networks that do not survive the change, such as 2% (0%)
  --cells N        cells they are in (10)
  --regions N      regions the cells are in (2)
  --update TIME    from the change of the intent until a network is ready again (20s)
  --from RELEASE   that all networks run now (1.4.0)
  --start TIME     when it begins, RFC 3339 (2026-01-05T09:00:00.000Z)
  --seed N         another number, other victims (1)
  --json           one JSON document instead of the table
  --help           this

exit codes: 0 it succeeds, 1 it does not or the spec is refused, 2 usage
`;

export interface Options {
  readonly file: string;
  readonly fleet: number;
  readonly failures: number;
  readonly cells: number;
  readonly regions: number;
  readonly updateMs: number;
  readonly from: string;
  readonly start: number;
  readonly seed: number;
  readonly json: boolean;
}

/** What the command line asks for, or the sentence that says what is wrong with it. */
export function readOptions(args: readonly string[]): Options | "help" | { readonly wrong: string } {
  try {
    const text = { type: "string" } as const;
    const flag = { type: "boolean" } as const;
    const named = {
      fleet: text,
      failures: text,
      cells: text,
      regions: text,
      update: text,
      from: text,
      start: text,
      seed: text,
    };
    const options = { ...named, json: flag, help: flag };
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (values.help) return "help";
    const [file, more] = positionals;
    if (file === undefined || more !== undefined) throw new Error("give one file with a rollout");
    return {
      file,
      fleet: numberOf("--fleet", values.fleet ?? "300", 1, 100_000),
      failures: shareOf(values.failures ?? "0%"),
      cells: numberOf("--cells", values.cells ?? "10", 1, 10_000),
      regions: numberOf("--regions", values.regions ?? "2", 1, 1_000),
      updateMs: durationOf(values.update ?? "20s"),
      from: values.from ?? "1.4.0",
      start: startOf(values.start ?? "2026-01-05T09:00:00.000Z"),
      seed: numberOf("--seed", values.seed ?? "1", 0, 2 ** 31),
      json: values.json ?? false,
    };
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) };
  }
}

function numberOf(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new Error(`${name} must be a whole number from ${least} to ${most}`);
  return value;
}

function shareOf(text: string): number {
  const value = Number.parseFloat(text);
  if (!/^\d+(\.\d+)?%$/.test(text) || value > 100) throw new Error('--failures must be a share such as "2%"');
  return value / 100;
}

function durationOf(text: string): number {
  if (!Duration.safeParse(text).success) throw new Error('--update must be a duration such as "20s"');
  return millisecondsOf(text);
}

function startOf(text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new Error("--start must be a time such as 2026-01-05T09:00:00Z");
  return at;
}
