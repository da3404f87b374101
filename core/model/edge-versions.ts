import * as z from "zod";
import { compareVersions } from "./release/release.ts";

/** What a node calls itself is its own business: more versions than any fleet has are not passed on. */
const MOST_VERSIONS = 20;

/**
 * Of the nodes that are connected, how many run which version of the edge. Those that name no version are not in it, and of very many
 * versions only the oldest are, since they decide what the network can be given.
 */
export const EdgeVersions = z
  .record(z.string().regex(/^\d{1,6}\.\d{1,6}\.\d{1,6}$/, 'must be a version such as "1.2.0"'), z.int().positive())
  .refine((versions) => Object.keys(versions).length <= MOST_VERSIONS, `must be at most ${MOST_VERSIONS} versions`);
export type EdgeVersions = z.infer<typeof EdgeVersions>;

/** What comes before a release (`1.2.0-rc.1`) counts as that release. */
export function edgeVersionsOf(counted: Iterable<readonly [said: string, count: number]>): EdgeVersions {
  const versions = new Map<string, number>();
  for (const [said, count] of counted) {
    const version = /^\d{1,6}\.\d{1,6}\.\d{1,6}(?=$|[-+])/.exec(said)?.[0];
    if (version !== undefined && count > 0) versions.set(version, (versions.get(version) ?? 0) + count);
  }
  const oldest = [...versions].sort(([a], [b]) => compareVersions(a, b)).slice(0, MOST_VERSIONS);
  return Object.fromEntries(oldest);
}

/** How many are older than `least`, and the oldest of them; undefined where none is. */
export function edgesOlderThan(
  versions: EdgeVersions,
  least: string,
): { readonly count: number; readonly oldest: string } | undefined {
  const older = Object.entries(versions).filter(([version]) => compareVersions(version, least) < 0);
  const [first] = older.sort(([a], [b]) => compareVersions(a, b));
  return first && { count: older.reduce((sum, [, count]) => sum + count, 0), oldest: first[0] };
}
