import type { Explanation } from "#core/model/explain.ts";
import { age } from "./age.ts";
import { Failure } from "./failure.ts";
import { type Column, properties, table } from "./table.ts";
import type { Terminal } from "./terminal.ts";

export const formats = ["table", "wide", "json", "yaml", "name"] as const;
export type Format = (typeof formats)[number];

export function formatOf(text: string): Format {
  const format = formats.find((one) => one === text);
  if (format) return format;
  throw new Failure("usage", `-o ${text} is not known.`, `It can be ${formats.join(", ")}.`);
}

export interface ListOutput<T> {
  readonly columns: readonly Column<T>[];
  readonly nameOf: (row: T) => string;
  /** What to do when there is nothing yet. */
  readonly whenEmpty: string;
}

/** Writes a list: JSON and YAML are the API's own shape, with all pages in one. */
export async function writeList<T>(
  terminal: Terminal,
  format: Format,
  rows: readonly T[],
  { columns, nameOf, whenEmpty }: ListOutput<T>,
): Promise<void> {
  if (await writeData(terminal, format, { items: rows })) return;
  if (format === "name") return terminal.out(rows.map((row) => `${nameOf(row)}\n`).join(""));
  if (rows.length === 0) return terminal.err(`${whenEmpty}\n`);
  const shown = columns.filter(({ wide }) => !wide || format === "wide");
  terminal.out(table(rows, shown, format === "wide" ? undefined : terminal.width));
}

/** Writes one thing. */
export async function writeOne(
  terminal: Terminal,
  format: Format,
  { data, name, shown }: { data: unknown; name: string; shown: readonly (readonly [string, string])[] },
): Promise<void> {
  if (await writeData(terminal, format, data)) return;
  terminal.out(format === "name" ? `${name}\n` : properties(shown));
}

/** Writes what something waits for, and the chain behind it. */
export const writeExplanation = (
  terminal: Terminal,
  format: Format,
  name: string,
  explanation: Explanation,
): Promise<void> =>
  writeOne(terminal, format, {
    data: explanation,
    name,
    shown: [
      ["Summary", explanation.summary],
      ...explanation.chain.map(
        ({ what, why, since }) => [what, since ? `${why} (${age(since, terminal.now())})` : why] as const,
      ),
    ],
  });

/** True where it was written: as JSON or YAML. */
export async function writeData(terminal: Terminal, format: Format, data: unknown): Promise<boolean> {
  if (format === "json") terminal.out(`${JSON.stringify(data, undefined, 2)}\n`);
  else if (format === "yaml") terminal.out((await import("yaml")).stringify(data));
  else return false;
  return true;
}

export const labelsText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join(",") || "-";
