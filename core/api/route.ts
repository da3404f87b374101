import * as z from "zod";
import type { ErrorKind } from "../errors.ts";
import type { Action } from "../model/may-i.ts";

/** The largest body that is read. */
export const BODY_LIMIT_BYTES = 1024 * 1024;

/** How long `?wait` may hold an answer: API Gateway ends a call after 29 s. */
export const LONGEST_WAIT_SECONDS = 20;

/** One route of the hosted API: what it takes and what it gives. The endpoint of the same name in `functions/api/` serves it. */
export interface Route {
  /** One line for the reference. */
  readonly summary: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With `{name}` for each parameter. `{org}`, `{net}` and `{op}` say what the action is about. */
  readonly path: `/${string}`;
  /** What one must be allowed to do. */
  readonly action: Action;
  readonly query: z.ZodType;
  /** Absent where the route takes no body. */
  readonly body?: z.ZodType;
  /** True where a body may be left out. */
  readonly bodyOptional?: boolean;
  /** Bodies that can be sent as they stand, by what each shows. */
  readonly examples?: Readonly<Record<string, unknown>>;
  readonly status: 200 | 201 | 202 | 204;
  /** What it answers; absent where it answers nothing. */
  readonly answer?: z.ZodType;
  /** The type of what it answers instead where a query asks for another format. */
  readonly otherFormat?: string;
  /** `answer`: it carries an ETag. `change`: and a request must name one in If-Match. `required`: that alone. */
  readonly etag?: "answer" | "change" | "required";
  /** True where a request may be repeated under an `Idempotency-Key`. */
  readonly repeatable?: boolean;
  /** The refusals that do not follow from the form of the route. */
  readonly errors?: readonly ErrorKind[];
}

const wholeNumber = (from: number, to: number, of: string) =>
  z
    .string()
    .regex(/^\d{1,6}$/, `must be a whole number of ${of}`)
    .transform(Number)
    .refine((value) => value >= from && value <= to, `must be from ${from} to ${to}`);

/** What every list takes. */
export const PageQuery = z.strictObject({
  limit: wholeNumber(1, 200, "items").default(50),
  cursor: z.string().min(1).max(1_024).optional(),
});

export const WaitQuery = z.strictObject({ wait: wholeNumber(0, LONGEST_WAIT_SECONDS, "seconds").default(0) });

export const NoQuery = z.strictObject({});

/** For what takes a body by form only: none, or an empty object. */
export const NoBody = z.strictObject({});
