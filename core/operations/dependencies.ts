import type {
  Builds,
  Cells,
  Chance,
  Clock,
  Gates,
  Ids,
  Log,
  Measure,
  People,
  Probe,
  Secrets,
  Signer,
  Store,
  Verifier,
  Workflows,
} from "../ports.ts";

/** What the control plane's operations act through; built once, in a composition root. */
export interface Dependencies {
  readonly store: Store;
  readonly workflows: Workflows;
  readonly cells: Cells;
  /** Sees to it that cells can run a release. */
  readonly builds: Builds;
  /** Looks at networks from outside their cells. */
  readonly probe: Probe;
  /** Asks the gates of rollouts. */
  readonly gates: Gates;
  /** Signs network tokens. Never the key that signs calls to cells. */
  readonly networkTokens: Signer;
  /** Signs calls to cells; its public keys are what cells pin when they join. */
  readonly cellCalls: Signer;
  readonly verifier: Verifier;
  /** Knows who signed in by an issuer of the configuration. */
  readonly people: People;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly chance: Chance;
  readonly secrets: Secrets;
  /** Our name in tokens: the control plane's own address. */
  readonly issuer: string;
  readonly log: Log;
  readonly measure: Measure;
}
