import type { Log } from "#core/ports.ts";

const levels = ["debug", "info", "warn", "error"] as const;

/** One JSON object a line on stderr, from `level` on. Facts whose names sound secret are never written. */
export function jsonLog(level: string, part: string): Log {
  const least = Math.max(0, levels.indexOf(level as (typeof levels)[number]));
  return (at, message, facts = {}) => {
    if (levels.indexOf(at) < least) return;
    process.stderr.write(
      `${JSON.stringify({ at: new Date().toISOString(), level: at, part, message, ...facts }, hideSecrets)}\n`,
    );
  };
}

const hideSecrets = (name: string, value: unknown): unknown =>
  /secret|token|password|seed|authorization|private|jwt$/i.test(name) ? "[secret]" : value;
