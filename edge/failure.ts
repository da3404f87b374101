/** What the process says with its exit code. */
export const exitCodes = { refused: 1, usage: 2, unreachable: 3, "timed-out": 4 } as const;
export type FailureKind = keyof typeof exitCodes;

/** A failure a person can act on: `message` says what is true, `next` what to do about it. Anything else thrown is a bug. */
export class Failure extends Error {
  readonly kind: FailureKind;
  readonly next: string | undefined;

  constructor(kind: FailureKind, message: string, next?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "Failure";
    this.kind = kind;
    this.next = next;
  }
}

/** The code of a system error such as `ENOSPC`, if it is one. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
