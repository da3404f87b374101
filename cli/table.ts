export interface Column<T> {
  readonly title: string;
  readonly of: (row: T) => string;
  /** Only with `-o wide`. */
  readonly wide?: boolean;
}

const GAP = "  ";
/** No column is cut below this. */
const NARROWEST = 8;

/**
 * Aligned columns with a head line. Where `width` is given (a terminal), the widest columns are cut so that lines fit; into a
 * pipe nothing is ever cut.
 */
export function table<T>(rows: readonly T[], columns: readonly Column<T>[], width?: number): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ of }) => oneLine(of(row))))];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => lengthOf(line[at]))));
  if (width !== undefined) shrink(widths, width - GAP.length * (columns.length - 1));
  return cells
    .map((line) =>
      line
        .map((cell, at) => padded(cut(cell, widths[at] ?? 0), widths[at] ?? 0))
        .join(GAP)
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}

/** One thing, a line for each of its properties. */
export function properties(entries: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...entries.map(([name]) => lengthOf(name)));
  const indent = " ".repeat(width + 3);
  return entries
    .map(([name, value]) =>
      `${padded(`${name}:`, width + 1)}${GAP}${manyLines(value).replaceAll("\n", `\n${indent}`)}`.trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}

function shrink(widths: number[], room: number): void {
  for (let over = sum(widths) - room; over > 0; over -= 1) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) return;
    widths[widths.indexOf(widest)] = widest - 1;
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
const lengthOf = (text = "") => [...text].length;
const padded = (text: string, width: number) => text + " ".repeat(Math.max(0, width - lengthOf(text)));
const cut = (text: string, width: number) =>
  lengthOf(text) <= width ? text : `${[...text].slice(0, Math.max(0, width - 1)).join("")}…`;
/** What others wrote may not move the cursor. */
const manyLines = (text: string) => text.replaceAll(/[^\P{Cc}\n]+/gu, " ");
/** Nor break the line. */
const oneLine = (text: string) => text.replaceAll(/\p{Cc}+/gu, " ");
