import { createHash, randomUUID } from "node:crypto";
import type { NetworkInstance } from "#core/model/instance.ts";
import type { Material } from "./network-material.ts";
import type { HeldObject } from "./observe/essence-of.ts";
import type { Ownership } from "./ownership.ts";
import { appliedHashOf } from "./plan.ts";
import type { Volume } from "./volume.ts";

/** All on which the plan of a pass depends. */
export interface Grounds {
  readonly instance: NetworkInstance;
  readonly material: Material;
  readonly volume: Volume;
  readonly owned: readonly HeldObject[];
}

/**
 * Remembers on which grounds the plan of a network was to do nothing. Most passes are woken by a status: on the same grounds they need not
 * make its manifests again, which costs more than all else of a pass.
 */
export interface Steady {
  holds(name: string, grounds: Grounds): boolean;
  remember(name: string, grounds: Grounds): void;
  forget(name: string): void;
}

export function keepSteady(): Steady {
  const held = new Map<string, { readonly material: Material; readonly seal: string }>();
  return {
    holds(name, grounds) {
      const known = held.get(name);
      return known !== undefined && known.material === grounds.material && known.seal === sealOf(grounds);
    },
    remember: (name, grounds) => void held.set(name, { material: grounds.material, seal: sealOf(grounds) }),
    forget: (name) => void held.delete(name),
  };
}

/** Versions of objects are none of it: they change with every status. */
function sealOf({ instance: { metadata }, volume, owned }: Grounds): string {
  const { uid = "", generation = Number.NaN } = metadata;
  const objects = owned.map((object) =>
    [object.kind, object.metadata.name, appliedHashOf(object), numberOf(object.ownership)].join(),
  );
  const { template, usable, quota } = volume;
  // Without a generation nothing tells that the spec is still the same: then no seal is like another.
  const order = Number.isNaN(generation) ? randomUUID() : generation;
  const text = [uid, order, template, usable, quota, ...objects.sort()].join("\n");
  return createHash("sha256").update(text).digest("base64");
}

/** Ownerships that are equal are one value (`ownershipOf`), so a number stands for all of it. */
const numbers = new WeakMap<Ownership, number>();
let numbered = 0;
function numberOf(ownership: Ownership | undefined): number {
  if (!ownership) return 0;
  const known = numbers.get(ownership);
  if (known !== undefined) return known;
  numbered += 1;
  numbers.set(ownership, numbered);
  return numbered;
}
