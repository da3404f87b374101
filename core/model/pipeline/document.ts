/**
 * The pipeline document as its author wrote it, after the schema let it pass: no defaults filled in, so that a later
 * default never changes a revision. Types only, with no schema library: the edge loads this file.
 */
import type { Size } from "./sizes.ts";

/** What happens to an event that a step cannot handle. `pass` lets it through as it was; `stop` ends the pipeline. */
export type OnError = "deadLetter" | "drop" | "pass" | "stop";

/** Where a secret is named, its value is filled in by the node, and only there. */
export interface SecretName {
  readonly secret: string;
}

export interface FileInput {
  readonly paths: readonly string[];
  /** For files that are there when the input runs for the first time; later ones are read from their start. */
  readonly start?: "beginning" | "end";
}

export interface GenerateInput {
  readonly event?: Readonly<Record<string, unknown>>;
  readonly count?: number;
  readonly every?: string;
}

export type StdinInput = Readonly<Record<string, never>>;

export type Input = { readonly id: string } & (
  | { readonly file: FileInput }
  | { readonly generate: GenerateInput }
  | { readonly stdin: StdinInput }
);

export interface ParseStep {
  readonly format: "json";
  /** The field that holds the text; without one, the line as it was read. */
  readonly field?: string;
}

/** `set` adds computed fields; `keep` names the fields that stay (without it, all); `only` builds a new event. */
export interface MapStep {
  readonly set?: Readonly<Record<string, string>>;
  readonly keep?: readonly string[];
  readonly drop?: readonly string[];
  readonly only?: Readonly<Record<string, string>>;
}

export type Processor = { readonly id?: string; readonly onError?: OnError } & (
  | { readonly parse: ParseStep }
  | { readonly filter: string }
  | { readonly map: MapStep }
);

export type Encoding = "json" | "raw";

export interface FileOutput {
  /** Literal when it starts with `/`, `./` or `../`; else a CEL expression that gives the path. */
  readonly path: string;
  readonly format?: Encoding;
  readonly rotate?: { readonly size: Size; readonly keep?: number };
}

export interface StdoutOutput {
  readonly format?: Encoding;
}

export interface HttpOutput {
  readonly url: string;
  readonly method?: "POST" | "PUT";
  /** `ndjson` sends one event a line, `json` an array. */
  readonly format?: "ndjson" | "json";
  readonly headers?: Readonly<Record<string, string>>;
  readonly auth?: { readonly bearer: SecretName };
  readonly timeout?: string;
  /** One request at a time, in order; without it four are in flight. */
  readonly ordered?: boolean;
}

export interface BatchLimits {
  readonly events?: number;
  readonly bytes?: Size;
  readonly age?: string;
}

export type Output = {
  readonly id: string;
  readonly when?: string;
  readonly onError?: Exclude<OnError, "pass">;
} & (
  | { readonly file: FileOutput }
  | { readonly stdout: StdoutOutput }
  | { readonly http: HttpOutput; readonly batch?: BatchLimits }
);

export interface PipelineDocument {
  readonly v: 1;
  readonly name: string;
  readonly description?: string;
  readonly inputs: readonly Input[];
  readonly processors?: readonly Processor[];
  readonly outputs: readonly Output[];
  readonly route?: "all" | "first";
  readonly unmatched?: "drop" | "deadLetter";
  readonly limits?: { readonly inFlight?: Size; readonly eventBytes?: Size };
  readonly health?: { readonly deadline?: string; readonly maxErrorRate?: number; readonly maxLag?: string };
}

/** What this version can run; a node reports it as its capabilities. */
export const components = {
  inputs: ["file", "generate", "stdin"],
  processors: ["parse", "filter", "map"],
  outputs: ["file", "stdout", "http"],
} as const;

export const isLiteralPath = (path: string): boolean => /^\.{0,2}\//.test(path);

/** 4 MiB in flight would do for one fast output; 8 MiB keeps four slow requests of 1 MiB each busy. */
export const limitDefaults = { inFlight: "8MiB", eventBytes: "256KiB" } as const;
