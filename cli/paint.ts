const codes = { good: 32, bad: 31, busy: 33, strong: 1, faint: 2 } as const;

/** What a piece of text is, for whoever sees colours. Nothing is said by colour alone. */
export type Tone = keyof typeof codes;

/** Text without a tone, or with one. */
export type Span = string | readonly [Tone, string];
export type Line = readonly Span[];

export type Paint = (tone: Tone, text: string) => string;

export const plain: Paint = (_tone, text) => text;
export const coloured: Paint = (tone, text) => (text === "" ? "" : `\u001b[${codes[tone]}m${text}\u001b[0m`);

const textOf = (span: Span): string => (typeof span === "string" ? span : span[1]);
const lengthOf = (text: string): number => [...text].length;

/** A line as it is written: cut to the width, and free of whatever could move the cursor. */
export function written(line: Line, width: number, paint: Paint): string {
  const whole = line.reduce((sum, span) => sum + lengthOf(tame(textOf(span))), 0);
  let room = whole > width ? width - 1 : width;
  let text = "";
  for (const span of line) {
    const part = [...tame(textOf(span))].slice(0, Math.max(0, room)).join("");
    room -= lengthOf(part);
    text += typeof span === "string" ? part : paint(span[0], part);
  }
  return (whole > width ? `${text}…` : text).trimEnd();
}

/** What others wrote (a reason, a message of a cell) may neither break the line nor move the cursor. */
export const tame = (text: string): string => text.replaceAll(/\p{Cc}+/gu, " ");

/** Words in lines of at most `width`, each behind `indent` but the first, which has it from who calls. */
export function wrapped(text: string, width: number, indent: string): string[] {
  const room = Math.max(10, width - indent.length);
  const lines: string[] = [];
  let line = "";
  for (const word of tame(text).split(/\s+/)) {
    if (line !== "" && lengthOf(line) + 1 + lengthOf(word) > room) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one, at) => (at === 0 ? one : `${indent}${one}`));
}
