/** Above this, V8's linear engine does not take a counted repetition (`kMaxReplicationFactor`), and backtracking is back. */
const MOST_REPEATS = 16;

/**
 * Why a regular expression is refused, if it is. 32 characters blocked a node for 14 s; V8's linear engine, switched on
 * by `--enable-experimental-regexp-engine-on-excessive-backtracks`, needs 0.1 ms, but only for patterns that it can take.
 */
export function refusalOfPattern(pattern: string): string | undefined {
  if (pattern.length > 1000) return "a pattern has at most 1,000 characters";
  try {
    new RegExp(pattern);
  } catch (error) {
    return error instanceof Error ? error.message : "the pattern is not valid";
  }
  const outside = pattern.replace(/\\[^1-9k]|\[(?:\\.|[^\]\\])*\]/gs, "_");
  if (/\(\?<?[=!]/.test(outside)) return `lookaround can block a node: write \`${pattern}\` without it`;
  if (/\\[1-9k]/.test(outside)) return `backreferences can block a node: write \`${pattern}\` without them`;
  if (/\(\?[a-z-]*:/.test(outside.replaceAll("(?:", "_(")))
    return "inline flags such as (?i: are not taken: use lowerAscii()";
  if (mostRepeats(outside) > MOST_REPEATS)
    return `counted repetitions above ${MOST_REPEATS}, nested ones multiplied, can block a node: use * or +`;
  return undefined;
}

/** How often the innermost atom of nested counted repetitions would be written out, at most. */
function mostRepeats(pattern: string): number {
  const groups = [1];
  const raise = (factor: number) => {
    groups.push(Math.max(groups.pop() ?? 1, factor));
  };
  for (const [token] of pattern.matchAll(/\(|\)(?:\{\d+(?:,\d*)?\})?|\{\d+(?:,\d*)?\}/g)) {
    if (token === "(") {
      groups.push(1);
      continue;
    }
    const [, least = "1", most] = /\{(\d+)(?:,(\d*))?\}/.exec(token) ?? [];
    const factor = Math.max(1, Number(least), Number(most || 0));
    raise(token.startsWith(")") ? factor * (groups.pop() ?? 1) : factor);
  }
  return Math.max(...groups);
}

/**
 * True where a pattern that backtracks without end is taken over by the linear engine. Run once at boot: without the flag
 * a single event could block the node. The sample is short enough to end by itself (some 100 ms) without the flag.
 */
export function regexEngineIsLinear(now: () => number): boolean {
  const hostile = /^(a|a)*$/;
  const text = `${"a".repeat(21)}!`;
  const started = now();
  hostile.test(text);
  const first = now() - started;
  const again = now();
  hostile.test(`${"a".repeat(22)}!`);
  return Math.min(first, now() - again) < 20;
}
