import type { Scope } from "#adapters/cel.ts";
import type { PipelineDocument } from "#core/model/pipeline/document.ts";
import type { Log } from "../log.ts";
import type { EngineClock } from "./component.ts";
import type { Streams } from "./components.ts";
import type { Policy } from "./policy.ts";

/** What a pipeline is started with. */
export interface PipelineStart {
  readonly document: PipelineDocument;
  readonly name: string;
  readonly rev: number;
  readonly node: Scope["node"];
  /** The node's folder for the state of all pipelines; each has one of its own in it, by its name. */
  readonly stateDir: string;
  readonly policy: Policy;
  readonly log: Log;
  readonly clock?: EngineClock;
  readonly streams?: Streams;
  /** Values of the secrets that the document names. */
  readonly secrets?: Readonly<Record<string, string>>;
}
