/** The lines of a text that ends at a line's end; blank ones are no events. `\r\n` counts as one end. */
export function linesOf(text: string): string[] {
  const lines = text.split("\n");
  let kept = 0;
  for (const line of lines) {
    const last = line.length - 1;
    const bare = line.charCodeAt(last) === 13 ? line.slice(0, last) : line;
    if (bare.length > 0) lines[kept++] = bare;
  }
  lines.length = kept;
  return lines;
}

export const rawEvents = (lines: readonly string[]): { raw: string }[] => lines.map((raw) => ({ raw }));
