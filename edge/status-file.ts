import type { GenerationHash, RecentProblem, Reported } from "#core/messages.ts";
import { readIfThere, writeAtomically } from "./atomic-file.ts";

export const links = ["connecting", "connected", "stopped", "revoked"] as const;

/** What `run` leaves for `status`: no secret in it, and nothing that anybody decides by. */
export interface NodeStatus {
  readonly node: string;
  readonly workspace: string;
  readonly name?: string;
  readonly version: string;
  readonly pid: number;
  readonly link: (typeof links)[number];
  readonly server?: string;
  readonly since: string;
  readonly updatedAt: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly credentialEnds?: string;
  readonly applied: (GenerationHash & { readonly at: string }) | null;
  readonly attempt?: Reported["attempt"];
  readonly pipelines: Reported["pipelines"];
  readonly counters: Readonly<Record<string, { in: number; out: number; errors: number }>>;
  readonly problems: readonly RecentProblem[];
}

export const writeStatus = (path: string, status: NodeStatus): void =>
  writeAtomically(path, `${JSON.stringify(status)}\n`);

export function readStatus(path: string): NodeStatus | undefined {
  const text = readIfThere(path);
  try {
    return text === undefined ? undefined : (JSON.parse(text) as NodeStatus);
  } catch {
    return undefined;
  }
}
