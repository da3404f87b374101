import * as z from "zod";
import { CellId } from "./ids.ts";
import { isFresh, type Network, type NetworkStatus } from "./network.ts";
import { Timestamp } from "./time.ts";

/**
 * How far the owners of a cell's networks have been told that it is silent, or that it answers again. There is none while there
 * is nothing to tell. Written together with the events, so that each is told once.
 */
export const CellSilence = z.strictObject({
  cell: CellId,
  since: Timestamp,
  news: z.enum(["silent", "back"]),
  /** Networks up to this one have been told this news. */
  after: z.string(),
  /** True when all have been. */
  done: z.boolean(),
  /** Up to where the silence was told: who did not hear of it needs not hear of its end. */
  heard: z.string(),
});
export type CellSilence = z.infer<typeof CellSilence>;

/** Sorts after every id. */
const LAST = "~";

/** What is to be told of a cell now; undefined: nothing. What was begun is told to its end before the opposite is. */
export function nextNews(
  known: CellSilence | undefined,
  { cell, reportAt, now }: { cell: CellId; reportAt: string; now: number },
): CellSilence | undefined {
  const silent = !isFresh(reportAt, now);
  if (!known) return silent ? { cell, since: reportAt, news: "silent", after: "", done: false, heard: "" } : undefined;
  if (known.news === "back") return known;
  if (silent) return known.done ? undefined : known;
  return { ...known, news: "back", after: "", done: false, heard: known.done ? LAST : known.after };
}

/** Whether the owner takes it for granted that a network runs: it was settled at its newest generation. */
export const isExpectedToRun = ({ deleting, generation }: Network, status: NetworkStatus | undefined): boolean =>
  !deleting && status !== undefined && status.observed.observedGeneration >= generation;
