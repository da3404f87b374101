const levels = { error: 0, warn: 1, info: 2, debug: 3 } as const;
export type LogLevel = keyof typeof levels;

export const isLogLevel = (text: string): text is LogLevel => Object.hasOwn(levels, text);

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** One JSON line per event. Fields are named by the caller one by one, so that no object with a secret in it slips through. */
export interface Log {
  error(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  debug(event: string, fields?: LogFields): void;
  /** From now on, what is less important than this is left out; unless the machine's owner chose a level, which stays. */
  setLevel(level: LogLevel): void;
}

export function jsonLog(write: (line: string) => void, now: () => number, chosen: LogLevel | undefined): Log {
  let limit: number = levels[chosen ?? "warn"];
  const at =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}) => {
      if (levels[level] > limit) return;
      write(`${JSON.stringify({ t: new Date(now()).toISOString(), level, event, ...fields })}\n`);
    };
  return {
    error: at("error"),
    warn: at("warn"),
    info: at("info"),
    debug: at("debug"),
    setLevel(level) {
      if (chosen === undefined) limit = levels[level];
    },
  };
}
