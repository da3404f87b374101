import type { Attempt, GenerationHash } from "#core/messages.ts";
import { readIfThere, writeAtomically } from "./atomic-file.ts";
import type { Revision } from "./plan-pipelines.ts";

/** A set of revisions that all ran. */
export interface GoodSet extends GenerationHash {
  readonly at: string;
  readonly pipelines: readonly Revision[];
}

/** What a node remembers over a restart, so that it runs without a network and takes no step back. */
export interface NodeMemory {
  /** Newest document whose signature held. */
  readonly seen?: GenerationHash;
  /** Newest first, two at most. `gen` is that of the newest document applied whole. */
  readonly good: readonly GoodSet[];
  readonly attempt?: Attempt;
  /** The node's labels as the orchestrator settled them. */
  readonly labels?: Readonly<Record<string, string>>;
}

export function recall(path: string): NodeMemory {
  const text = readIfThere(path);
  if (text === undefined) return { good: [] };
  try {
    const memory = JSON.parse(text) as NodeMemory;
    return Array.isArray(memory.good) ? memory : { good: [] };
  } catch {
    // Written atomically, so this is a damaged disk. The orchestrator knows what should run here: begin anew.
    return { good: [] };
  }
}

export const remember = (path: string, memory: NodeMemory): void => writeAtomically(path, JSON.stringify(memory));

/**
 * What is worth keeping after a document was tried. Wholly applied, it becomes the newest good set; failed in part, the pipelines
 * that run are remembered but under the generation that was whole, so that nobody takes the document for applied.
 */
export function after(
  memory: NodeMemory,
  { attempt, running }: { attempt: Attempt; running: readonly Revision[] },
): NodeMemory {
  const { gen, hash, at } = attempt;
  const [newest, older] = memory.good;
  const known = { ...(memory.labels ? { labels: memory.labels } : {}), seen: { gen, hash }, attempt };
  if (attempt.result === "applied")
    return { ...known, good: [{ gen, hash, at, pipelines: running }, ...(newest ? [newest] : [])] };
  const partial = { gen: newest?.gen ?? 0, hash: newest?.hash ?? "", at: newest?.at ?? at, pipelines: running };
  return { ...known, good: [partial, ...(older ? [older] : newest ? [newest] : [])] };
}

/** The generation that was applied whole, if any was. */
export const appliedOf = ({ good: [newest] }: NodeMemory): (GenerationHash & { at: string }) | null =>
  newest && newest.gen > 0 ? { gen: newest.gen, hash: newest.hash, at: newest.at } : null;
