/** What a command sees of the world it runs in; `main.ts` makes the real one. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The working directory. */
  readonly directory: string;
  readonly home: string;
  /** Columns of the terminal on stdout, as it is now; undefined where it is none. */
  readonly width: number | undefined;
  /** Lines of it. */
  readonly height: number | undefined;
  /** True where somebody can answer a question. */
  readonly canAsk: boolean;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly ask: (question: string) => Promise<string>;
  readonly now: () => number;
  /** Returns early, and does not fail, when `signal` is given and aborts. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Has Ctrl-C call `act` instead of ending everything; what it answers takes that back. */
  readonly onInterrupt: (act: () => void) => () => void;
}

/** True where what was written can be written over. */
export const canRedraw = ({ width, environment }: Pick<Terminal, "width" | "environment">): boolean =>
  width !== undefined && environment.TERM !== "dumb";

/** True where colours are seen and wanted (https://no-color.org). */
export const hasColour = (terminal: Pick<Terminal, "width" | "environment">): boolean =>
  canRedraw(terminal) && !terminal.environment.NO_COLOR;
