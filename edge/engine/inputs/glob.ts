import { readdirSync } from "node:fs";
import { globPattern } from "../policy.ts";

/** The files that a glob names now, sorted. Reads only folders that can hold one, at most 16 deep under a `**`. */
export function filesOf(glob: string): string[] {
  if (!/[*?]/.test(glob)) return [glob];
  const pattern = globPattern(glob);
  const parts = glob.split("/");
  const firstWild = parts.findIndex((part) => /[*?]/.test(part));
  const deepest = parts.includes("**") ? parts.length + 16 : parts.length;
  const found: string[] = [];
  const walk = (folder: string, depth: number) => {
    for (const entry of entriesOf(folder)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (depth + 1 < deepest) walk(path, depth + 1);
      } else if (pattern.test(path)) found.push(path);
    }
  };
  walk(parts.slice(0, firstWild).join("/"), firstWild);
  return found.sort();
}

/** What cannot be read has no files for us; the input says so when nothing at all is found. */
function entriesOf(folder: string) {
  try {
    return readdirSync(folder || "/", { withFileTypes: true });
  } catch {
    return [];
  }
}
