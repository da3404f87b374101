import { Refusal } from "#core/errors.ts";
import { type KubeObject, refOf, refText } from "#core/model/kube-object.ts";
import type { Cluster } from "#core/ports.ts";
import { announceDrain } from "./announce-drain.ts";
import type { HeldObject } from "./observe/essence-of.ts";
import type { Operator } from "./operator.ts";
import { ownershipOf, ownsAll } from "./ownership.ts";
import { appliedHashOf, describePlan, isSteady, type Known, type Plan, plan } from "./plan.ts";
import type { Finding } from "./status-of.ts";

/** What became of a plan. */
export interface Acted {
  /** Why objects could not be applied; `null` when all of them are as they should be. */
  readonly failure: Refusal | null;
  readonly notes: readonly Finding[];
  /** There was nothing to do. */
  readonly isSteady: boolean;
  /** When what was put off may be done. */
  readonly againMs?: number;
}

/** Brings what a network is made of to these manifests: applies what differs, repairs what strangers edited, removes what is too much. */
export async function act(
  operator: Operator,
  name: string,
  stages: readonly (readonly KubeObject[])[],
): Promise<Acted> {
  const { objects, repairs, log } = operator;
  const planned = await planFor(operator, name, stages);
  if (isSteady(planned)) return { failure: null, notes: [], isSteady: true };
  const waits = [...planned.repaired].map((ref) => ({ ref, wait: repairs.waitFor(name, ref) }));
  const later = new Map(waits.filter(({ wait }) => wait > 0).map(({ ref, wait }) => [ref, wait]));
  const now = withoutThose(planned, later);
  if (!isSteady(now)) log("debug", "applying", { instance: name, objects: describePlan(now) });
  const notes = await announceDrain(operator, name, now);
  const failure = await carryOut(operator, name, now);
  if (later.size === 0) return { failure, notes, isSteady: false };
  return {
    failure,
    notes: [...notes, contested(later, objects.of(name))],
    isSteady: false,
    againMs: Math.min(...later.values()),
  };
}

/** Secrets are read only when something else differs, or when it is their time. */
async function planFor(
  { objects, secrets, repairs }: Operator,
  name: string,
  stages: readonly (readonly KubeObject[])[],
): Promise<Plan> {
  const owned = objects.of(name);
  const known = new Map(owned.map((object) => [refText(refOf(object)), knownOf(object)]));
  const isNew = !owned.some(({ kind }) => kind === "Namespace");
  const against = (hashes: ReadonlyMap<string, Known>, of = stages) =>
    plan(of, {
      known: new Map([...known, ...hashes]),
      isAsGoodAsItGets: (ref, ownership) => repairs.isAccepted(name, ref, ownership),
    });
  if (isNew) return against(new Map());
  if (secrets.dueIn(name) === 0) return against(await secrets.look(name));
  const held = secrets.held(name);
  if (held) return against(held);
  const others = against(
    new Map(),
    stages.map((stage) => stage.filter((object) => !isSecret(object))),
  );
  return isSteady(others) ? others : against(await secrets.look(name));
}

const knownOf = (object: HeldObject): Known => ({
  ref: refOf(object),
  hash: appliedHashOf(object),
  ownership: object.ownership,
});

const withoutThose = ({ apply, remove, repaired }: Plan, put: ReadonlyMap<string, number>): Plan => ({
  apply: apply
    .map((stage) => stage.filter((object) => !put.has(refText(refOf(object)))))
    .filter((stage) => stage.length > 0),
  remove,
  repaired,
});

/** Applies stage after stage, then removes; answers the refusal that ended it. */
async function carryOut(operator: Operator, name: string, { apply, remove, repaired }: Plan): Promise<Refusal | null> {
  const { cluster, objects, secrets, repairs } = operator;
  try {
    for (const stage of apply) {
      await Promise.all(
        stage.map(async (object) => {
          const ref = refText(refOf(object));
          const applied = await (object.kind === "Service" ? applyService(cluster, object) : cluster.apply(object));
          if (isSecret(object)) return secrets.learn(name, applied);
          objects.learn(applied);
          if (repaired.has(ref)) repairs.repaired(name, ref);
          const ownership = ownershipOf(applied);
          if (ownership && !ownsAll(ownership, object)) repairs.accept(name, ref, ownership);
        }),
      );
    }
    await Promise.all(remove.map((ref) => cluster.remove(ref)));
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

/**
 * A port that a stranger gave a Service stays beside ours when we apply, and the API server refuses two of one name; nor can one that has
 * an address become headless. Such a Service is made anew, since nothing is kept in it.
 */
async function applyService(cluster: Cluster, object: KubeObject): Promise<KubeObject> {
  try {
    return await cluster.apply(object);
  } catch (error) {
    const isRefused = error instanceof Refusal && error.kind === "invalid-input";
    if (!isRefused) throw error;
    await cluster.remove(refOf(object));
    return cluster.apply(object);
  }
}

/** Two who both insist: said, so that people can end it. */
function contested(later: ReadonlyMap<string, number>, owned: readonly HeldObject[]): Finding {
  const objects = owned.filter((object) => later.has(refText(refOf(object))));
  const others = [...new Set(objects.flatMap(({ ownership }) => ownership?.others ?? []))].join(", ");
  return {
    ...{ type: "Contested", status: "True", reason: "EditedAgainAndAgain" },
    message: `${[...later.keys()].join(", ")} is edited again and again (writers besides us: ${others || "unknown"}); it is repaired once a minute`,
  };
}

const isSecret = ({ kind }: KubeObject): boolean => kind === "Secret";
