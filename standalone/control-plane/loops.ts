import type { Context, DynamoDBStreamEvent } from "aws-lambda";
import type { SqliteStore } from "#adapters/sqlite.ts";
import { systemClock } from "#adapters/world.ts";
import type { CellId } from "#core/model/ids.ts";
import { FRESH_FOR_MS } from "#core/model/network.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { readCells } from "#core/operations/read-cells.ts";
import { meter } from "../../functions/schedules/meter.ts";
import { monitor } from "../../functions/schedules/monitor.ts";
import { silence } from "../../functions/schedules/silence.ts";
import { survey } from "../../functions/schedules/survey.ts";
import { sweepDue } from "../../functions/schedules/sweep.ts";
import { followChanges } from "../../functions/streams/follow-changes.ts";

/** What AWS gives a function beside its event; ours use none of it. */
const noContext = {} as Context;

/** How often what on AWS a schedule or a stream does is done here. Tests make them shorter or never. */
export interface Periods {
  readonly sweepMs: number;
  /** How long the monitor's call to a cell may be held, and the pause before a cell that did not answer is asked again. */
  readonly pollMs: number;
  readonly retryMs: number;
  /** How often each cell is surveyed, and looked at from outside. */
  readonly surveyMs: number;
  /** How often it is looked whether a cell has fallen silent or is back. */
  readonly silenceMs: number;
  /** How often it is looked whose usage is to be booked. */
  readonly meterMs: number;
}

/** A lost signal costs 5 s of grace and one sweep, far below the 60 s of R4; a sweep with nothing due is 16 index reads. */
export const usualPeriods: Periods = {
  ...{ sweepMs: 1_000, pollMs: 20_000, retryMs: 1_000 },
  ...{ surveyMs: 30_000, silenceMs: 5_000, meterMs: 60_000 },
};

/** Changes in a cell that come within this are fetched and written together. */
const GATHER_MS = 100;

/** How many outbox entries the stream hands over at once. */
const BATCH = 100;

/**
 * A burst of requests is answered before what it set off takes the processor: changes are followed once none has come for `quietMs`,
 * and `longestMs` after the first at the latest. The goal for a change to reach its cell is 1 s.
 */
const BURST = { quietMs: 10, longestMs: 250 };

/** The table's stream on one machine: gives each change to its consumer until the consumer says that it is done. */
export async function stream(deps: Dependencies, { outbox }: SqliteStore, signal: AbortSignal): Promise<void> {
  const follow = followChanges(deps);
  let wake = Promise.withResolvers<void>();
  let lastChange = 0;
  outbox.onChange(() => {
    lastChange = systemClock.now();
    wake.resolve();
  });
  signal.addEventListener("abort", () => wake.resolve());
  outbox.unpark();

  while (!signal.aborted) {
    if (outbox.read(1).length === 0) {
      await wake.promise;
      wake = Promise.withResolvers<void>();
      await burstIsOver(() => lastChange, signal);
      continue;
    }
    const changes = outbox.read(BATCH);
    const event = {
      Records: changes.map(({ seq, kind, id }) => ({
        dynamodb: { Keys: { kind: { S: kind }, id: { S: id } }, SequenceNumber: String(seq) },
      })),
    } satisfies DynamoDBStreamEvent;
    const { batchItemFailures } = await follow(event, noContext);
    // Nothing may block what comes after it. A start that was refused is the sweep's business: the operation is due.
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => Number(itemIdentifier)));
    for (const { seq, kind, id } of changes.filter((change) => failed.has(change.seq))) {
      outbox.park(seq, "its consumer could not deal with it");
      deps.log("error", "signal parked", { seq, kind, id });
    }
    outbox.done(changes.map(({ seq }) => seq));
  }
}

/** By this machine's time, whatever the control plane takes the time to be: it is about its processor. */
async function burstIsOver(lastChange: () => number, signal: AbortSignal): Promise<void> {
  const latest = systemClock.now() + BURST.longestMs;
  while (systemClock.now() < Math.min(lastChange() + BURST.quietMs, latest) && !signal.aborted)
    await systemClock.sleep(BURST.quietMs, signal);
}

/** Sweeps at once, taking up all that was in flight when the last process ended, then at its period. */
export async function sweepForever(
  deps: Dependencies,
  { sweepMs }: Periods,
  leaseMs: number,
  signal: AbortSignal,
): Promise<void> {
  const run = sweepDue(deps);
  await guarded(deps, "sweep", () => run({ dueBy: deps.clock.now() + leaseMs }, noContext));
  while (!signal.aborted) {
    await deps.clock.sleep(sweepMs, signal);
    if (!signal.aborted) await guarded(deps, "sweep", () => run({}, noContext));
  }
}

/** Watches every cell, each in a loop of its own, so that a silent one delays no other. */
export async function monitorForever(deps: Dependencies, periods: Periods, signal: AbortSignal): Promise<void> {
  const watch = monitor(deps);
  await forEachCell(deps, periods, signal, async (cell) => {
    const { reached } = (await guarded(deps, "monitor", () => watch({ cell, waitMs: periods.pollMs }, noContext))) ?? {
      reached: false,
    };
    return reached ? GATHER_MS : periods.retryMs;
  });
}

/** Surveys every cell at its period, beginning some time within the first, so that not all are surveyed at once. */
export async function surveyForever(deps: Dependencies, periods: Periods, signal: AbortSignal): Promise<void> {
  const run = survey(deps);
  const begun = new Set<string>();
  await forEachCell(deps, periods, signal, async (cell) => {
    if (!begun.has(cell)) {
      begun.add(cell);
      await deps.clock.sleep(periods.retryMs * (1 + deps.chance()), signal);
      if (signal.aborted) return 0;
    }
    await guarded(deps, "survey", () => run({ cell }, noContext));
    return periods.surveyMs * (0.75 + deps.chance() / 4);
  });
}

/** Tells owners of networks when a cell falls silent or is back. */
export async function silenceForever(deps: Dependencies, periods: Periods, signal: AbortSignal): Promise<void> {
  const run = silence(deps);
  // What nobody asked while this process was away is no silence of the cell's.
  await deps.clock.sleep(FRESH_FOR_MS, signal);
  await forEachCell(deps, periods, signal, async (cell) => {
    await guarded(deps, "silence", () => run({ cell }, noContext));
    return periods.silenceMs;
  });
}

/** Books the usage of networks. */
export async function meterForever(deps: Dependencies, { meterMs }: Periods, signal: AbortSignal): Promise<void> {
  const run = meter(deps);
  while (!signal.aborted) {
    await guarded(deps, "meter", () => run({}, noContext));
    await deps.clock.sleep(meterMs, signal);
  }
}

/** A loop for every cell that has joined, as long as it is there; `turn` says how long to pause after it. */
async function forEachCell(
  deps: Dependencies,
  { retryMs }: Periods,
  signal: AbortSignal,
  turn: (cell: CellId) => Promise<number>,
): Promise<void> {
  const followed = new Set<string>();
  const there = new Set<string>();
  while (!signal.aborted) {
    const cells = (await guarded(deps, "cells", () => readCells(deps.store))) ?? [];
    there.clear();
    for (const { value } of cells) if (value.membership) there.add(value.id);
    for (const { value } of cells) {
      if (!there.has(value.id) || followed.has(value.id)) continue;
      followed.add(value.id);
      void (async () => {
        while (!signal.aborted && there.has(value.id)) await deps.clock.sleep(await turn(value.id), signal);
        followed.delete(value.id);
      })();
    }
    await deps.clock.sleep(retryMs, signal);
  }
}

/** A loop outlives what one turn of it meets. */
async function guarded<T>({ log }: Dependencies, loop: string, turn: () => Promise<T>): Promise<T | undefined> {
  try {
    return await turn();
  } catch (error) {
    log("error", `${loop} failed`, { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    return undefined;
  }
}
