import type { Clock, Cluster, Log } from "#core/ports.ts";
import type { AppliedSecrets } from "./applied-secrets.ts";
import type { CellFacts } from "./cell.ts";
import type { Contacts } from "./contacts.ts";
import type { Journal } from "./journal.ts";
import type { CertificateAuthorities } from "./keys/cell-keys.ts";
import type { Materials } from "./network-material.ts";
import type { Objects } from "./observe/objects.ts";
import type { OrchestratorClient } from "./orchestrator-client.ts";
import type { Repairs } from "./repairs.ts";
import type { Steady } from "./steady.ts";
import type { Tell } from "./tell.ts";
import type { Tombstones } from "./tombstones.ts";

/** What a pass reads and touches. */
export interface Operator {
  readonly cluster: Cluster;
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
  readonly cell: CellFacts;
  readonly authorities: CertificateAuthorities;
  readonly objects: Objects;
  readonly materials: Materials;
  readonly secrets: AppliedSecrets;
  readonly contacts: Contacts;
  readonly drainNotice: OrchestratorClient["drainNotice"];
  readonly journal: Journal;
  readonly tombstones: Tombstones;
  readonly repairs: Repairs;
  readonly steady: Steady;
  readonly tell: Tell;
}
