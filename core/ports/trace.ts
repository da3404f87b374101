/** A piece of work, as it is shown in a trace. */
export interface Span {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** The caller's `traceparent`, where there is one. */
  readonly parent?: string | undefined;
}

/** Does a piece of work as a span of a trace: within whatever span it is done in, and failed where it throws. */
export type Trace = <T>(span: Span, act: () => Promise<T>) => Promise<T>;
