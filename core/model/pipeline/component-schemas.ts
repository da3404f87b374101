import * as z from "zod";
import { Duration } from "../time.ts";
import { bytesOf, sizePattern } from "./sizes.ts";

/** One schema for each component key, so that an error names the field of the component that was meant. */

const size = (least: number, most: number, range: string) =>
  z
    .union([z.int(), z.string().regex(sizePattern)], { error: 'must be a size such as "64KiB", "8MiB" or 65536' })
    .refine((value) => bytesOf(value) >= least && bytesOf(value) <= most, `must be between ${range}`);

const Expression = z.string().min(1, "must be a CEL expression").max(10_000, "must have at most 10,000 characters");

/** A key that JavaScript treats specially would change the event's nature instead of its content. */
export const FieldName = z
  .string()
  .min(1)
  .max(256)
  .refine((name) => name !== "__proto__", "cannot be a field's name");

const AbsoluteGlob = z
  .string()
  .regex(/^\/[^\0]*$/, "must be an absolute path or glob, such as /var/log/app/*.log")
  .max(4096);

const Computed = z.record(FieldName, Expression);

const Secret = z.strictObject({ secret: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, "must be a secret's name") });

const rotate = z.strictObject({
  size: size(4096, 1024 ** 4, "4KiB and 1024GiB"),
  keep: z.int().min(1).max(1000).optional(),
});

const HeaderName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, "must be a header's name")
  .refine(
    (name) => !/^(authorization|host|content-length|content-type|transfer-encoding|connection)$/i.test(name),
    "is set by the output itself; use `auth` for Authorization",
  );

const HttpUrl = z
  .url({ protocol: /^https?$/, error: "must be an http:// or https:// address" })
  .refine((url) => !URL.canParse(url) || new URL(url).username === "", "must hold no user or password: use `auth`");

export const inputComponents = {
  file: z.strictObject({
    paths: z.array(AbsoluteGlob).min(1).max(100),
    start: z.enum(["beginning", "end"]).optional(),
  }),
  generate: z.strictObject({
    event: z.record(FieldName, z.json()).optional(),
    count: z.int().min(1).optional(),
    every: Duration.optional(),
  }),
  stdin: z.strictObject({}),
};

export const processorComponents = {
  parse: z.strictObject({
    format: z.literal("json", { error: 'must be "json": the other formats are not available yet' }),
    field: FieldName.optional(),
  }),
  filter: Expression,
  map: z
    .strictObject({
      set: Computed.optional(),
      keep: z.array(FieldName).max(1000).optional(),
      drop: z.array(FieldName).max(1000).optional(),
      only: Computed.optional(),
    })
    .refine(({ set, keep, drop, only }) => set || keep || drop || only, "needs `set`, `keep`, `drop` or `only`")
    .refine(
      ({ set, keep, drop, only }) => !only || !(set || keep || drop),
      "`only` builds a new event: leave the others out",
    )
    .refine(({ keep, drop }) => !(keep && drop), "takes `keep` or `drop`, not both"),
};

const Format = z.enum(["json", "raw"]).optional();

export const outputComponents = {
  file: z.strictObject({ path: z.string().min(1).max(4096), format: Format, rotate: rotate.optional() }),
  stdout: z.strictObject({ format: Format }),
  http: z.strictObject({
    url: HttpUrl,
    method: z.enum(["POST", "PUT"]).optional(),
    format: z.enum(["ndjson", "json"]).optional(),
    headers: z.record(HeaderName, z.string().regex(/^[\x20-\x7e]*$/, "must be printable ASCII")).optional(),
    auth: z.strictObject({ bearer: Secret }).optional(),
    timeout: Duration.optional(),
    ordered: z.boolean().optional(),
  }),
};

const OnError = z.enum(["deadLetter", "drop", "pass", "stop"]).optional();
const Id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, "must be lower case letters, digits, - and _, at most 63 characters");

export const inputFields = z.strictObject({ id: Id });
export const processorFields = z.strictObject({ id: Id.optional(), onError: OnError });
export const outputFields = z.strictObject({
  id: Id,
  when: Expression.optional(),
  onError: z.enum(["deadLetter", "drop", "stop"], { error: 'must be "deadLetter", "drop" or "stop"' }).optional(),
  batch: z
    .strictObject({
      events: z.int().min(1).max(100_000).optional(),
      bytes: size(1, 16 * 1024 ** 2, "1B and 16MiB").optional(),
      age: Duration.optional(),
    })
    .optional(),
});

export const documentFields = {
  v: z.literal(1, { error: "must be 1" }),
  name: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, "must be a DNS label: lower case letters, digits and -, at most 63"),
  description: z.string().max(1000).optional(),
  route: z.enum(["all", "first"]).optional(),
  unmatched: z.enum(["drop", "deadLetter"]).optional(),
  limits: z
    .strictObject({
      inFlight: size(65_536, 256 * 1024 ** 2, "64KiB and 256MiB").optional(),
      eventBytes: size(256, 16 * 1024 ** 2, "256B and 16MiB").optional(),
    })
    .optional(),
  health: z
    .strictObject({
      deadline: Duration.optional(),
      maxErrorRate: z.number().min(0).max(1).optional(),
      maxLag: Duration.optional(),
    })
    .optional(),
};
