import * as z from "zod";
import type { Refusal } from "../../errors.ts";
import { invalidInput } from "../parse.ts";
import { Timestamp } from "../time.ts";
import { builtInSettings, SettingsSchema } from "./settings-schema.ts";

/** Three numbers, without leading zeros, so that one release has one name. */
const number = "(0|[1-9][0-9]{0,5})";
const Version = z
  .string()
  .regex(new RegExp(`^${number}\\.${number}\\.${number}$`), 'must be a release such as "1.5.0"');
const Versions = z.array(
  z.string().regex(/^\d+\.(\d+\.(\d+|x)|x)$/, 'must be a release such as "1.4.2", or "1.4.x", or "1.x"'),
);

/** What an operator publishes. */
export const ReleaseSpec = z.strictObject({
  version: Version,
  /** Digest of each image, by its name. */
  images: z
    .record(z.string(), z.string().regex(/^sha256:[0-9a-f]{64}$/, "must be a digest: sha256: and 64 hex digits"))
    .default({}),
  /** Of the settings it knows; those of the built-in release, unless told otherwise. */
  settingsSchema: SettingsSchema.default(builtInSettings),
  notes: z.string().max(20_000).default(""),
  /** The oldest edge and the oldest cell agent it works with. */
  minEdge: Version.nullable().default(null),
  minAgent: Version.nullable().default(null),
  /** Releases it may follow. */
  upgradesFrom: Versions.min(1, "name at least one release that it may follow"),
  /** Older releases that may follow it: without any there is no way back. */
  downgradesTo: Versions.default([]),
});
export type ReleaseSpec = z.infer<typeof ReleaseSpec>;

/** A published release never changes, but that it may be withdrawn. */
export const Release = ReleaseSpec.extend({
  upgradesFrom: Versions,
  publishedAt: Timestamp,
  actor: z.string(),
  withdrawn: z.strictObject({ at: Timestamp, actor: z.string(), reason: z.string() }).nullable(),
});
export type Release = z.infer<typeof Release>;

export const Withdrawal = z.strictObject({ reason: z.string().trim().min(1, "say why").max(1_000) });

/** Sorts as text as versions sort by number. */
export const sortKeyOf = (version: string): string =>
  version
    .split(".")
    .map((part) => part.padStart(6, "0"))
    .join(".");

/** Why a release makes no sense as a whole, though each of its fields does. */
export function whyUnpublishable({ version, upgradesFrom, downgradesTo }: ReleaseSpec): Refusal | undefined {
  const oldest = (pattern: string) => [...pattern.replace(".x", "").split("."), 0, 0].slice(0, 3).join(".");
  const errors = Object.entries({ upgradesFrom, downgradesTo }).flatMap(([field, patterns]) =>
    patterns.flatMap((pattern, at) =>
      compareVersions(oldest(pattern), version) < 0
        ? []
        : [{ path: `${field}.${at}`, message: `names no release older than ${version}` }],
    ),
  );
  return errors.length > 0 ? invalidInput(errors) : undefined;
}

/** Negative where `a` is older than `b`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split(".").map(Number), b.split(".").map(Number)];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at < 0 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}

/** Whether a release is meant by `1.4.2`, `1.4.x` or `1.x`. */
export const isMeantBy = (pattern: string, version: string): boolean =>
  pattern.endsWith(".x") ? version.startsWith(pattern.slice(0, -1)) : version === pattern;

/** Why a network cannot go from one version to another, or undefined. The newer of the two says what is allowed. */
export function whyNotReachable(
  from: string,
  to: string,
  find: (version: string) => Pick<ReleaseSpec, "upgradesFrom" | "downgradesTo"> | undefined,
): string | undefined {
  const direction = compareVersions(from, to);
  if (direction === 0) return undefined;
  const newer = find(direction < 0 ? to : from);
  const [rule, other, phrase] =
    direction < 0
      ? [newer?.upgradesFrom ?? [], from, `${to} may follow`]
      : [newer?.downgradesTo ?? [], to, `${from} may be followed by the older`];
  if (rule.some((pattern) => isMeantBy(pattern, other))) return undefined;
  return `${to} cannot be reached from ${from}: ${phrase} ${rule.join(", ") || "none"}`;
}
