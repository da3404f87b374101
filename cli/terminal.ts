/** What a command sees of the world it runs in; `main.ts` makes the real one. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The working directory. */
  readonly directory: string;
  readonly home: string;
  /** Columns of the terminal on stdout; undefined where it is none. */
  readonly width: number | undefined;
  /** True where somebody can answer a question. */
  readonly canAsk: boolean;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly ask: (question: string) => Promise<string>;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}
