import type { OrchestratorStatus } from "#core/workload.ts";

/** Whether a door of a network opens: `null` before it was tried. */
export interface Door {
  readonly open: boolean | null;
  /** What happened at the last try that failed. */
  readonly trouble: string;
  /** SHA-256 of the certificate that was shown there. */
  readonly certificate?: string;
}

/** What the agent itself met when it last knocked at a network. */
export interface Contact {
  readonly api: Door;
  readonly nats: Door;
  /** Milliseconds since 1970. */
  readonly checkedAt: number | null;
  /** What the orchestrator says of itself on its internal port; `null` while it says nothing, absent before it was asked. */
  readonly orchestrator?: OrchestratorStatus | null;
}

const untried: Door = { open: null, trouble: "not tried yet" };
export const noContact: Contact = { api: untried, nats: untried, checkedAt: null };

/** True where an observer would say the same: time alone is no change. */
export const sameContact = (a: Contact, b: Contact): boolean =>
  a.api.open === b.api.open &&
  a.api.trouble === b.api.trouble &&
  a.nats.open === b.nats.open &&
  a.nats.trouble === b.nats.trouble &&
  a.nats.certificate === b.nats.certificate &&
  (a.orchestrator === undefined) === (b.orchestrator === undefined) &&
  a.orchestrator?.version === b.orchestrator?.version;
