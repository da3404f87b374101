/** How V8 is set up: `small` trades speed for memory (no JIT: about half the speed, 6 MB less). */
export type Profile = "small" | "fast";

/** Below this much memory a machine is small. */
const SMALL_MB = 512;

/** `CELLPLANE_EDGE_PROFILE`, or what the machine's memory suggests. */
export function chooseProfile(given: string | undefined, totalMemoryMB: number): Profile {
  if (given === "small" || given === "fast") return given;
  return totalMemoryMB < SMALL_MB ? "small" : "fast";
}

/**
 * The flags that the launcher starts node with. `--max-semi-space-size` bounds the young generation, which otherwise grows to
 * 16 MB for garbage that batches make; the regular-expression flag makes V8 leave a pattern that backtracks without end
 * for its linear engine (14 s became 0.1 ms).
 */
export const flagsOf = (profile: Profile): readonly string[] => [
  "--max-semi-space-size=1",
  "--enable-experimental-regexp-engine-on-excessive-backtracks",
  "--no-maglev",
  ...(profile === "small" ? ["--no-opt", "--no-sparkplug"] : []),
];
