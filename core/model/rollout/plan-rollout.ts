import { Refusal } from "../../errors.ts";
import type { NetworkId } from "../ids.ts";
import { type Release, whyNotReachable } from "../release/release.ts";
import { timestampOf } from "../time.ts";
import { settledUntouched } from "./admit-target.ts";
import { orderOf } from "./order.ts";
import { belongsTo } from "./population.ts";
import { plannedRollout, type Rollout, type RolloutBirth } from "./rollout.ts";
import type { Sighting } from "./sighting.ts";
import { pendingTarget, type RolloutTarget } from "./target.ts";
import { wavesOf } from "./waves.ts";
import { whyNever } from "./window.ts";

export interface RolloutPlan {
  readonly rollout: Rollout;
  /** One for each network that the selector takes, by wave and order. Those that need nothing have ended already. */
  readonly targets: RolloutTarget[];
}

/** What a plan asks of a release. */
export type PlannedRelease = Pick<Release, "upgradesFrom" | "downgradesTo" | "withdrawn">;

export interface PlanInput extends RolloutBirth {
  /** Of the whole fleet or of what an index narrows it to. */
  readonly networks: readonly Sighting[];
  readonly findRelease: (version: string) => PlannedRelease | undefined;
}

/** Who is in it, and in which wave. Refuses what can be known to go wrong before anything is written. */
export function planRollout({ networks, findRelease, ...birth }: PlanInput): RolloutPlan {
  const { spec, id, now } = birth;
  refuseRelease(spec.change.release, findRelease);
  const selected = networks.filter(belongsTo(spec.selector));
  if (selected.length === 0)
    throw refusal("selector", "takes no network: widen it, or leave it out for the whole fleet");

  const rollout = plannedRollout(birth);
  const order = new Map(selected.map(({ network }) => [network, orderOf(id, network)] as const));
  const ordered = selected.toSorted((a, b) => ((order.get(a.network) ?? "") < (order.get(b.network) ?? "") ? -1 : 1));
  const born = ordered.map((seen) => bornTarget(rollout, seen, 0));
  const changing = ordered.filter((_, at) => born[at]?.state === "pending");
  refuseUnreachable(changing, rollout, findRelease);
  if (spec.windows === "respect")
    refuseAll("windows", changing, ({ window }) => (window ? whyNever(window, now) : undefined));

  const waves = new Map(wavesOf(spec.waves, changing).map((wave, at) => [changing[at]?.network, wave] as const));
  const lost = changing.filter(({ network }) => waves.get(network) === -1);
  if (lost.length > 0)
    throw refusal("waves", `leave ${namesOf(lost)} without a wave: end with { percent: 100 } for the rest`);
  const targets = born.map((target) => ({ ...target, wave: waves.get(target.network) ?? 0 }));
  return { rollout, targets: targets.sort((a, b) => a.wave - b.wave) };
}

/** A network that appeared while the rollout goes on: it comes in the last wave, or needs nothing. */
export function joinedTarget(rollout: Rollout, seen: Sighting, now: number): RolloutTarget {
  return { ...bornTarget(rollout, seen, rollout.spec.waves.length - 1), since: timestampOf(now) };
}

/** True for a network that the rollout should take in though it was not planned. */
export const joins = ({ spec, retryOf }: Rollout, seen: Sighting): boolean =>
  retryOf === null && belongsTo(spec.selector)(seen);

function bornTarget(rollout: Rollout, seen: Sighting, wave: number): RolloutTarget {
  const { network, org } = seen;
  const now = Date.parse(rollout.createdAt);
  const target = pendingTarget({ rollout: rollout.id, network, org, wave, now });
  return settledUntouched(target, seen, rollout, now) ?? target;
}

const refusal = (path: string, message: string): Refusal =>
  new Refusal("invalid-input", `${path}: ${message}`, { errors: [{ path, message }] });

const namesOf = (networks: readonly { network: NetworkId }[]): string => {
  const names = networks.slice(0, 3).map(({ network }) => network);
  const more = networks.length - names.length;
  return `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
};

function refuseRelease(version: string | undefined, find: PlanInput["findRelease"]): void {
  if (version === undefined) return;
  const release = find(version);
  if (!release) throw refusal("change.release", `${version} does not exist: publish it first`);
  if (release.withdrawn) throw refusal("change.release", `${version} was withdrawn: ${release.withdrawn.reason}`);
}

function refuseUnreachable(changing: readonly Sighting[], { spec }: Rollout, find: PlanInput["findRelease"]): void {
  const to = spec.change.release;
  if (to === undefined) return;
  refuseAll("change.release", changing, ({ intent }) => whyNotReachable(intent.release, to, find));
  if (spec.onFailure === "rollback")
    refuseAll("onFailure", changing, ({ intent }) => whyNotReachable(to, intent.release, find));
}

/** Asks each window or release once, not each network. */
function refuseAll(path: string, networks: readonly Sighting[], why: (network: Sighting) => string | undefined): void {
  const answers = new Map<string, string | undefined>();
  const wrong = networks.filter((network) => {
    const key = path === "windows" ? JSON.stringify(network.window) : network.intent.release;
    if (!answers.has(key)) answers.set(key, why(network));
    return answers.get(key) !== undefined;
  });
  const [first] = wrong;
  if (first) throw refusal(path, `${why(first)} (${namesOf(wrong)})`);
}
