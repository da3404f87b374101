import type { Terminal } from "./terminal.ts";

/** A few lines that are written over and over in place. What stood there before, and the last picture, stay in the scrollback. */
export interface LiveFrame {
  show(lines: readonly string[]): void;
}

const UP = (rows: number): string => (rows > 0 ? `\u001b[${rows}A` : "");
const CLEAR_LINE = "\u001b[2K";
const CLEAR_BELOW = "\u001b[J";
/** Colours take no room. */
const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g");

export function liveFrame(terminal: Pick<Terminal, "width" | "out">): LiveFrame {
  let before: readonly string[] = [];
  return {
    show(lines) {
      const { width = 80 } = terminal;
      // A terminal that became narrower has broken the lines that stand there.
      const rows = before.reduce((sum, line) => sum + Math.max(1, Math.ceil(lengthOf(line) / width)), 0);
      terminal.out(`\r${UP(rows)}${lines.map((line) => `${CLEAR_LINE}${line}\n`).join("")}${CLEAR_BELOW}`);
      before = lines;
    },
  };
}

const lengthOf = (line: string): number => [...line.replaceAll(ESCAPES, "")].length;
