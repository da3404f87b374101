import * as z from "zod";
import { Duration, millisecondsOf } from "../time.ts";

const describedAs = { description: z.string().max(1_000).optional() };

const Text = z.strictObject({
  type: z.literal("string"),
  enum: z.array(z.string()).min(1).max(100).optional(),
  minLength: z.int().nonnegative().optional(),
  maxLength: z.int().positive().max(65_536).optional(),
  /** A duration such as `"10m"`, within the limits that are given. */
  format: z.literal("duration").optional(),
  formatMinimum: Duration.optional(),
  formatMaximum: Duration.optional(),
  ...describedAs,
});
const Amount = z.strictObject({
  type: z.enum(["integer", "number"]),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  ...describedAs,
});
const Flag = z.strictObject({ type: z.literal("boolean"), ...describedAs });

/** One setting. */
export const SettingSchema = z.discriminatedUnion("type", [Text, Amount, Flag]);
export type SettingSchema = z.infer<typeof SettingSchema>;

/**
 * JSON Schema, as much of it as settings need: a flat object of texts, numbers and flags, each of which may be left out. No
 * patterns, since the control plane judges settings and must not be held up by one.
 */
export const SettingsSchema = z.strictObject({
  $schema: z.string().optional(),
  type: z.literal("object"),
  properties: z
    .record(z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,62}$/, "must be letters and digits"), SettingSchema)
    .refine((properties) => Object.keys(properties).length <= 200, "must be at most 200 settings"),
  additionalProperties: z.literal(false).default(false),
});
export type SettingsSchema = z.infer<typeof SettingsSchema>;

/** What a customer may set of an orchestrator of the built-in release. */
export const builtInSettings: SettingsSchema = {
  type: "object",
  properties: {
    heartbeat: {
      ...{ type: "string", format: "duration", formatMinimum: "5s", formatMaximum: "5m" },
      description: "How often nodes report. 10s unless set.",
    },
    credentialLife: {
      ...{ type: "string", format: "duration", formatMinimum: "1h", formatMaximum: "7d" },
      description: "How long a node's credential lives; it is renewed long before. 24h unless set.",
    },
    logLevel: {
      ...{ type: "string", enum: ["debug", "info", "warn", "error"] },
      description: "How much the orchestrator logs. warn unless set.",
    },
  },
  additionalProperties: false,
};

/** What judges settings by a schema. */
export const settingsBy = ({ properties }: SettingsSchema): z.ZodType<Record<string, unknown>> =>
  z.strictObject(
    Object.fromEntries(Object.entries(properties).map(([name, setting]) => [name, judge(setting).optional()])),
  );

function judge(setting: SettingSchema): z.ZodType {
  if (setting.type === "boolean") return z.boolean("must be true or false");
  if (setting.type === "string") return judgeText(setting);
  const { type, minimum = -Infinity, maximum = Infinity } = setting;
  const amount = type === "integer" ? z.int("must be a whole number") : z.number("must be a number");
  return amount.refine((value) => value >= minimum && value <= maximum, `must be from ${minimum} to ${maximum}`);
}

function judgeText({
  enum: choices,
  format,
  formatMinimum,
  formatMaximum,
  minLength,
  maxLength,
}: z.infer<typeof Text>) {
  if (choices) return z.enum(choices, `must be one of ${choices.join(", ")}`);
  if (format)
    return Duration.refine(
      (value) =>
        (formatMinimum === undefined || millisecondsOf(value) >= millisecondsOf(formatMinimum)) &&
        (formatMaximum === undefined || millisecondsOf(value) <= millisecondsOf(formatMaximum)),
      `must be from ${formatMinimum ?? "1ms"} to ${formatMaximum ?? "any duration"}`,
    );
  return z
    .string()
    .min(minLength ?? 0)
    .max(maxLength ?? 65_536);
}
