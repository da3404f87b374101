import { type KubeObject, refOf, refText } from "#core/model/kube-object.ts";
import type { Cluster } from "#core/ports.ts";
import { appliedHashOf } from "./plan.ts";

/**
 * The hashes of the Secrets that were applied for each network. Secrets are not watched, so what was read or written is
 * remembered, and read again once in every periodic pass: that is when their drift is seen.
 */
export interface AppliedSecrets {
  of(instance: string, secrets: readonly KubeObject[]): Promise<ReadonlyMap<string, string>>;
  learn(instance: string, secret: KubeObject): void;
  forget(instance: string): void;
}

export function appliedSecrets(cluster: Cluster): AppliedSecrets {
  const held = new Map<string, Map<string, string>>();
  const learn = (instance: string, secret: KubeObject) => {
    const hashes = held.get(instance) ?? new Map<string, string>();
    held.set(instance, hashes.set(refText(refOf(secret)), appliedHashOf(secret) ?? ""));
  };
  return {
    async of(instance, secrets) {
      const known = held.get(instance);
      if (known) return known;
      const found = await Promise.all(secrets.map((secret) => cluster.get(refOf(secret))));
      held.set(instance, new Map());
      for (const secret of found) if (secret) learn(instance, secret);
      return held.get(instance) ?? new Map();
    },
    learn,
    forget: (instance) => void held.delete(instance),
  };
}
