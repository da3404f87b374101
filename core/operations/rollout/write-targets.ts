import { Refusal } from "../../errors.ts";
import type { RolloutId } from "../../model/ids.ts";
import { noticeOf } from "../../model/rollout/notice.ts";
import { PAGE_ROWS, pageIdOf, pageOf, type RolloutPage, withRows } from "../../model/rollout/page.ts";
import type { Rollout } from "../../model/rollout/rollout.ts";
import type { RolloutTarget } from "../../model/rollout/target.ts";
import { rowOf } from "../../model/rollout/target-row.ts";
import type { Change, Store, Versioned } from "../../ports.ts";
import { eventOf } from "../accept-change.ts";
import type { Dependencies } from "../dependencies.ts";
import { moveSlots } from "./move-slots.ts";
import { readPages } from "./read-pages.ts";
import type { SightedTarget } from "./sight-targets.ts";

/** Targets in one write: each brings its record, at most two counters of its own, and what its owner is told. */
const AT_ONCE = 24;

interface Move {
  readonly before: SightedTarget;
  readonly after: RolloutTarget;
}

/** Writes what a pass found, and those who join: page by page, each write only where the rollout is as the pass found it. */
export async function writeTargets(
  deps: Dependencies,
  rollout: Versioned<Rollout>,
  sighted: readonly SightedTarget[],
  moved: readonly RolloutTarget[],
): Promise<void> {
  const { store } = deps;
  const changed = new Map(moved.map((target) => [target.id, target] as const));
  const byPage = new Map<number, Move[]>();
  const joined: Move[] = [];
  for (const before of sighted) {
    const move = { before, after: changed.get(before.target.id) ?? before.target };
    if (before.version === 0) joined.push(move);
    else if (move.after !== before.target) byPage.set(before.page, [...(byPage.get(before.page) ?? []), move]);
  }
  for (const [number, moves] of byPage) {
    let page = await findPage(store, rollout.value.id, number);
    for (let at = 0; at < moves.length; at += AT_ONCE)
      page = await writeOnPage(deps, rollout, page, moves.slice(at, at + AT_ONCE));
  }
  if (joined.length > 0) await writeJoined(deps, rollout, joined);
}

/** The page that a target is on, which is written whenever the target is. */
export async function findPage(store: Store, rollout: RolloutId, number: number): Promise<Versioned<RolloutPage>> {
  const page = await store.get("rollout-page", pageIdOf(rollout, number));
  if (!page) throw new Refusal("conflict", `Page ${number} of ${rollout} is not there.`);
  return page;
}

/** Answers the page as it is then. */
async function writeOnPage(
  deps: Dependencies,
  rollout: Versioned<Rollout>,
  { value, version }: Versioned<RolloutPage>,
  moves: readonly Move[],
): Promise<Versioned<RolloutPage>> {
  const rows = moves.map(({ before, after }) => rowOf(after, before.seen ?? before.place));
  const page = { value: withRows(value, rows), version: version + 1 };
  await deps.store.commit([
    ...moves.map(
      ({ before, after }): Change => ({ write: "put", was: before.version, kind: "rollout-target", value: after }),
    ),
    { write: "put", was: version, kind: "rollout-page", value: page.value },
    { write: "check", kind: "rollout", id: rollout.value.id, was: rollout.version },
    ...moveSlots(moves.map(({ before, after }) => ({ before: before.target, after }))),
    ...moves.flatMap(({ before: { target, seen }, after }) => {
      const notice = noticeOf(target, after, { seen, spec: rollout.value.spec });
      return notice ? [eventOf(deps, { id: target.network, org: target.org }, notice)] : [];
    }),
  ]);
  return page;
}

/** They come behind the others: on the last page while it has room, then on pages of their own. */
async function writeJoined(deps: Dependencies, rollout: Versioned<Rollout>, joined: readonly Move[]): Promise<void> {
  const { id } = rollout.value;
  const empty = (number: number, planned: number) => ({ value: pageOf(id, { number, planned }, []), version: 0 });
  let page = (await readPages(deps.store, id)).at(-1) ?? empty(0, 1);
  for (let at = 0; at < joined.length; ) {
    const { rows, number, planned } = page.value;
    const room = Math.min(AT_ONCE, PAGE_ROWS - rows.length);
    if (room === 0) {
      page = empty(number + 1, planned);
      continue;
    }
    page = await writeOnPage(deps, rollout, page, joined.slice(at, at + room));
    at += room;
  }
}
