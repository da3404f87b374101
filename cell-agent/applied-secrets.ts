import { type KubeObject, refOf, refText } from "#core/model/kube-object.ts";
import type { Chance, Clock, Cluster } from "#core/ports.ts";
import { labelsOf } from "./manifests/labels.ts";
import { ownershipOf } from "./ownership.ts";
import { appliedHashOf, type Known } from "./plan.ts";

/** So often the Secrets of a network are looked at: that is when their drift is seen. */
const LOOK_MS = 60_000;
/** The first looks of an agent that starts begin after its first pass over everything. */
const FIRST_LOOK_MS = 10_000;

/**
 * What was applied of the Secrets of each network. They are not watched, so what was read or written is remembered. The looks at
 * different networks are spread over the period: a start of the agent reads none of them, unless something else differs.
 */
export interface AppliedSecrets {
  /** What is known without asking; `undefined`: nothing. */
  held(instance: string): ReadonlyMap<string, Known> | undefined;
  /** Asks the cluster. */
  look(instance: string): Promise<ReadonlyMap<string, Known>>;
  /** Milliseconds until the next look is due; 0: now. */
  dueIn(instance: string): number;
  learn(instance: string, secret: KubeObject): void;
  forget(instance: string): void;
}

export function appliedSecrets(options: {
  cluster: Pick<Cluster, "list">;
  clock: Pick<Clock, "now">;
  chance: Chance;
}): AppliedSecrets {
  const { cluster, clock, chance } = options;
  const held = new Map<string, Map<string, Known>>();
  const due = new Map<string, number>();

  const lookLater = (instance: string, milliseconds: number): number => {
    due.set(instance, clock.now() + milliseconds);
    return milliseconds;
  };

  function learn(instance: string, secret: KubeObject): void {
    const known = held.get(instance) ?? new Map<string, Known>();
    const ref = refOf(secret);
    held.set(instance, known.set(refText(ref), { ref, hash: appliedHashOf(secret), ownership: ownershipOf(secret) }));
  }
  return {
    held: (instance) => held.get(instance),
    async look(instance) {
      const labels = labelsOf(instance);
      const found = await cluster.list({ apiVersion: "v1", kind: "Secret", namespace: instance, labels });
      const known = new Map<string, Known>();
      held.set(instance, known);
      for (const secret of found) learn(instance, secret);
      lookLater(instance, LOOK_MS);
      return known;
    },
    dueIn(instance) {
      const at = due.get(instance);
      // Of what was just made, nobody asks for a full period.
      if (at === undefined && held.has(instance)) return lookLater(instance, LOOK_MS);
      if (at === undefined) return lookLater(instance, FIRST_LOOK_MS + (LOOK_MS - FIRST_LOOK_MS) * chance());
      return Math.max(0, at - clock.now());
    },
    learn,
    forget(instance) {
      held.delete(instance);
      due.delete(instance);
    },
  };
}
