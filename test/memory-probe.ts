import type { Probe } from "#core/ports.ts";

/** Doors that are open from outside, unless told otherwise. */
export interface MemoryProbe extends Probe {
  /** From now on the doors at this API endpoint are shut, or open again. */
  shut(api: string, doors: { api?: boolean; nats?: boolean } | undefined): void;
  /** Where somebody knocked since this was asked last. */
  knocks(): string[];
}

export function memoryProbe(): MemoryProbe {
  const shut = new Map<string, { api?: boolean; nats?: boolean }>();
  const knocks: string[] = [];
  return {
    async knock({ api }) {
      knocks.push(api);
      const doors = shut.get(api);
      return { api: doors?.api !== true, nats: doors?.nats !== true };
    },
    shut(api, doors) {
      if (doors) shut.set(api, doors);
      else shut.delete(api);
    },
    knocks: () => knocks.splice(0),
  };
}
