import type { CellId } from "../model/ids.ts";
import { type CellSilence, isExpectedToRun, nextNews } from "../model/silence.ts";
import type { Change } from "../ports.ts";
import { eventOf } from "./accept-change.ts";
import type { Dependencies } from "./dependencies.ts";

/** How many owners are told in one write, which also says how far it has come. */
const BATCH = 90;

/**
 * Tells the owners of a cell's networks that it does not answer, and in time that it does again: one event each, in batches. What
 * is told is in the write that says so, so a repeat or a crash tells nobody twice.
 */
export async function tellSilence(deps: Dependencies, cell: CellId): Promise<{ told: number }> {
  const { store, clock } = deps;
  const report = await store.get("cell-report", cell);
  if (!report) return { told: 0 };
  const known = await store.get("cell-silence", cell);
  const news = nextNews(known?.value, { cell, reportAt: report.value.at, now: clock.now() });
  if (!news) return { told: 0 };

  const { events, reached, done } = await batchOf(deps, news);
  const record: Change =
    done && news.news === "back"
      ? { write: "remove", kind: "cell-silence", id: cell, was: known?.version ?? 0 }
      : {
          write: "put",
          was: known?.version ?? 0,
          kind: "cell-silence",
          value: { ...news, after: reached, done },
        };
  await store.commit([record, ...events]);
  return { told: events.length };
}

async function batchOf(
  deps: Dependencies,
  { cell, news, after, heard, since }: CellSilence,
): Promise<{ events: Change[]; reached: string; done: boolean }> {
  const { store } = deps;
  const listed = await store.list("networks-of-cell", cell, { limit: BATCH, ...(after === "" ? {} : { after }) });
  const concerned = news === "silent" ? listed : listed.filter(({ sort }) => sort <= heard);
  const ids = concerned.map(({ id }) => id);
  const [networks, statuses] = await Promise.all([store.getMany("network", ids), store.getMany("network-status", ids)]);
  const observed = new Map(statuses.map(({ value }) => [value.network, value]));
  const events = networks.flatMap(({ value: network }) => {
    const status = observed.get(network.id);
    if (!isExpectedToRun(network, status) || !status) return [];
    const { phase } = status.observed;
    return [
      news === "silent"
        ? eventOf(deps, network, {
            type: "phase.unreachable",
            message: `${network.name} is unreachable: its cell does not answer since ${since}. What runs there goes on.`,
          })
        : eventOf(deps, network, {
            type: `phase.${phase}`,
            message: `${network.name} is ${phase}: its cell answers again.`,
          }),
    ];
  });
  const done = listed.length < BATCH || concerned.length < listed.length;
  return { events, reached: listed.at(-1)?.sort ?? after, done };
}
