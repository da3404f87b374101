import { Refusal } from "#core/errors.ts";
import type { Cluster } from "#core/ports.ts";

/** A cluster seen through an agent that is killed: from one moment on, nothing it does reaches the cluster any more. */
export interface Severable {
  /** What an agent is given. */
  readonly through: (cluster: Cluster) => Cluster;
  /** Cut after so many more writes; the one after them is not done. */
  cutAfter(writes: number): void;
  /** True once it was cut. */
  isCut(): boolean;
  /** For the next agent. */
  mend(): void;
  /** Writes that were done. */
  writes(): string[];
}

export function severable(): Severable {
  let left = Number.POSITIVE_INFINITY;
  let cut = false;
  let done: string[] = [];

  function count(what: string): void {
    if (left <= 0) cut = true;
    if (cut) throw new Refusal("unavailable", "cut off");
    left -= 1;
    done.push(what);
  }

  return {
    through: (cluster) => ({
      ...cluster,
      async get(ref) {
        if (cut) throw new Refusal("unavailable", "cut off");
        return cluster.get(ref);
      },
      async apply(object) {
        count(`apply ${object.kind} ${object.metadata.name}`);
        return cluster.apply(object);
      },
      async updateStatus(ref, status, version) {
        count(`status ${ref.kind} ${ref.name}`);
        return cluster.updateStatus(ref, status, version);
      },
      async remove(ref) {
        // To remove what is not there changes nothing, so it is no write.
        if (!cut && (await cluster.get(ref)) === undefined) return;
        count(`remove ${ref.kind} ${ref.name}`);
        return cluster.remove(ref);
      },
      async removeFinalizer(ref, finalizer) {
        count(`release ${ref.kind} ${ref.name}`);
        return cluster.removeFinalizer(ref, finalizer);
      },
    }),
    cutAfter(writes) {
      left = writes;
    },
    isCut: () => cut,
    mend() {
      left = Number.POSITIVE_INFINITY;
      cut = false;
      done = [];
    },
    writes: () => [...done],
  };
}
