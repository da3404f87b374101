import { Refusal } from "../../errors.ts";
import type { NetworkId } from "../../model/ids.ts";
import type { Network } from "../../model/network.ts";
import { specOf } from "../../model/network-change.ts";
import type { Caller } from "../../model/organization.ts";
import { resolveChange } from "../../model/release/resolve-release.ts";
import { changed, describeChange, type Intent } from "../../model/rollout/change.ts";
import { deferredAt } from "../../model/rollout/defer.ts";
import { takenBy } from "../../model/rollout/hold.ts";
import { type RolloutPage, withRows } from "../../model/rollout/page.ts";
import type { Rollout } from "../../model/rollout/rollout.ts";
import type { Place, Sighting } from "../../model/rollout/sighting.ts";
import { startTarget, startUndo } from "../../model/rollout/start-target.ts";
import {
  isOpen,
  type RolloutTarget,
  type SlotLimits,
  slotsHeld,
  targetIdOf,
  withState,
} from "../../model/rollout/target.ts";
import { rowOf } from "../../model/rollout/target-row.ts";
import type { Change, Versioned } from "../../ports.ts";
import { changeIntent, type IntentChange } from "../change-intent.ts";
import type { Dependencies } from "../dependencies.ts";
import { readReleases } from "../find-release.ts";
import { moveSlots } from "./move-slots.ts";
import { sightNetworks } from "./sight-networks.ts";
import { findPage } from "./write-targets.ts";

/** One network that is to be changed, or given back what it had: as it was decided. */
export interface TargetChange {
  readonly rollout: Versioned<Rollout>;
  readonly network: NetworkId;
  readonly back: boolean;
  /** What it was decided from. */
  readonly seen: Sighting;
  /** The number of the page that it is on. */
  readonly page: number;
  readonly limits: SlotLimits;
}

/**
 * Gives a network its new intent, or its old one: with its slot in every counter, its hold and the target's record in one write,
 * which is made only where the rollout is still as the decision found it. What is not as it was decided from is left to the next pass.
 */
export async function changeTarget(deps: Dependencies, change: TargetChange): Promise<void> {
  const { rollout, network: id, seen, back } = change;
  const caller: Caller = {
    ...{ actor: `rollout:${rollout.value.id}`, from: "rollout", role: "owner", platform: true },
    org: seen.org,
  };
  try {
    await changeIntent(deps, caller, { id, ifMatch: "*" }, (network) => decide(deps, change, network));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // No slot, or it changed meanwhile: the next pass decides anew. Gone is what the next pass sees.
    if (error.kind === "conflict" || error.kind === "not-found") return;
    if (error.kind !== "invalid-input" && error.kind !== "not-possible-now") throw error;
    if (!back) await leaveOut(deps, change, error);
  }
}

async function decide(
  deps: Dependencies,
  { rollout, network: id, back, seen, page: number, limits }: TargetChange,
  network: Network,
): Promise<IntentChange | undefined> {
  const { store, clock } = deps;
  const { id: rolloutId, spec } = rollout.value;
  const [present, target, hold, now] = [
    await store.get("rollout", rolloutId),
    await store.get("rollout-target", targetIdOf(rolloutId, id)),
    await store.get("rollout-hold", id),
    clock.now(),
  ];
  if (present?.version !== rollout.version)
    throw new Refusal("superseded", `${rolloutId} was changed since this was decided.`);
  if (!target || network.deleting || network.generation !== seen.generation) return undefined;
  if (back ? target.value.undo !== null : !isOpen(target.value)) return undefined;
  // Put off since this was decided; what is put off later is refused by the target's version.
  if (!back && spec.deferrals === "respect" && deferredAt(target.value.deferral, now) !== null) return undefined;
  const sighting = (await sightNetworks(store, [id], rolloutId)).get(id);
  if (sighting?.generation !== seen.generation || differs(sighting.hold, seen.hold)) return undefined;

  const intent = back ? target.value.before : changed(sighting.intent, spec.change);
  if (!intent) return undefined;
  const start = { generation: network.generation + 1, now };
  const after = back ? startUndo(target.value, sighting, start) : startTarget(target.value, sighting, start);
  if (await isFull(deps, target.value, after, limits)) return undefined;
  const page = await findPage(store, rolloutId, number);
  const taken = takenBy(hold?.value, id, rollout.value);
  return {
    kind: "update",
    to: await resolved(deps, network, intent, back),
    message: messageOf(rollout.value, sighting, intent, back),
    changes: [
      { write: "put", was: target.version, kind: "rollout-target", value: after },
      pageWith(page, after, sighting),
      { write: "check", kind: "rollout", id: rolloutId, was: rollout.version },
      ...holding(hold, taken),
      ...moveSlots([{ before: target.value, after }], limits),
    ],
  };
}

const pageWith = ({ value, version }: Versioned<RolloutPage>, target: RolloutTarget, place: Place): Change => ({
  write: "put",
  was: version,
  kind: "rollout-page",
  value: withRows(value, [rowOf(target, place)]),
});

const holding = (
  before: { value: unknown; version: number } | undefined,
  value: ReturnType<typeof takenBy>,
): Change[] =>
  before?.value === value ? [] : [{ write: "put", was: before?.version ?? 0, kind: "rollout-hold", value }];

const differs = (one: Sighting["hold"], other: Sighting["hold"]): boolean =>
  one?.rollout !== other?.rollout || one?.over !== other?.over;

/** Spares a write that the counters would refuse; they are what holds. */
async function isFull(
  { store }: Dependencies,
  before: RolloutTarget,
  after: RolloutTarget,
  limits: SlotLimits,
): Promise<boolean> {
  if (slotsHeld(after).length === 0) return false;
  for (const change of moveSlots([{ before, after }], limits)) {
    if (change.write !== "count" || change.atMost === undefined) continue;
    if ((await store.countOf(change.counter)) + change.by > change.atMost) return true;
  }
  return false;
}

/** What is written. The way back asks no release: what ran there before may run there again. */
async function resolved(
  { store }: Dependencies,
  network: Network,
  { release, settings }: Intent,
  back: boolean,
): Promise<Partial<Network>> {
  if (back) return { resolvedRelease: release, settings };
  const wanted = { ...specOf(network), settings, release };
  return { ...resolveChange(network, wanted, await readReleases(store)), settings };
}

function messageOf({ id, spec }: Rollout, { intent: before }: Sighting, to: Intent, back: boolean): string {
  const step = before.release === to.release ? describeChange(spec.change) : `${before.release} → ${to.release}`;
  return back ? `Rollout ${id} gives back what was there before: ${step}.` : `Rollout ${id} updates it: ${step}.`;
}

/** A network that cannot be given the change (its settings do not fit) is left out, and says why. */
async function leaveOut(
  { store, clock }: Dependencies,
  { rollout, network, page: number, seen }: TargetChange,
  why: Refusal,
): Promise<void> {
  const target = await store.get("rollout-target", targetIdOf(rollout.value.id, network));
  if (!target || !isOpen(target.value)) return;
  const value = withState(target.value, "skipped", { code: "does-not-fit", message: why.message }, clock.now());
  const page = await findPage(store, rollout.value.id, number);
  await store.commit([
    { write: "put", was: target.version, kind: "rollout-target", value },
    pageWith(page, value, seen),
    { write: "check", kind: "rollout", id: rollout.value.id, was: rollout.version },
  ]);
}
