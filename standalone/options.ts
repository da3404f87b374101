import { parseArgs } from "node:util";

export interface Options {
  /** As given; undefined: the one this data directory had before, else 4600. 0: that one, else a free one. */
  readonly port: number | undefined;
  /** As given; undefined: the one this data directory had before, else 4601, or a free one where `port` is not 4600. */
  readonly sfnPort: number | undefined;
  readonly data: string;
  readonly cells: number;
}

export type CommandLine =
  | { readonly kind: "start"; readonly options: Options }
  | { readonly kind: "help" }
  | { readonly kind: "usage"; readonly message: string };

/** More would starve any one machine: a cell alone is two processes and up to 100 MiB each. */
const MOST_CELLS = 16;

export const help = `cellplane on one machine: the control plane and its cells, each a process of its own.

Usage: npm start -- [options]

  --port PORT    where the API listens on 127.0.0.1; 0 picks a free one and keeps it   (CELLPLANE_PORT, 4600)
  --sfn-port P   where the Step Functions API listens on 127.0.0.1; 0 likewise         (CELLPLANE_SFN_PORT, 4601)
  --data DIR     where everything is kept                                             (CELLPLANE_DATA, .cellplane)
  --cells N      how many embedded cells, 1 to ${MOST_CELLS}                                      (CELLPLANE_CELLS, 2)
  -h, --help     this text

It is usable once it says \`cellplane ready at http://127.0.0.1:4600\`. Ctrl-C ends everything; the next start finds it
as it was. The key of the API is in DIR/admin-key, and \`npx cellplane networks create NAME\` finds it by itself.
`;

/** Flags win over the environment; an unknown flag is refused, not ignored. */
export function readOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): CommandLine {
  let given: { port?: string; "sfn-port"?: string; data?: string; cells?: string; help?: boolean };
  try {
    given = parseArgs({
      args: [...args],
      options: {
        port: { type: "string" },
        "sfn-port": { type: "string" },
        data: { type: "string" },
        cells: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    return { kind: "usage", message: error instanceof Error ? (error.message.split(". ")[0] ?? "") : String(error) };
  }
  if (given.help) return { kind: "help" };

  const port = wholeNumber(given.port ?? nonEmpty(environment.CELLPLANE_PORT), 0, 65_535);
  const sfnPort = wholeNumber(given["sfn-port"] ?? nonEmpty(environment.CELLPLANE_SFN_PORT), 0, 65_535);
  const cells = wholeNumber(given.cells ?? nonEmpty(environment.CELLPLANE_CELLS) ?? "2", 1, MOST_CELLS);
  const data = given.data ?? nonEmpty(environment.CELLPLANE_DATA) ?? ".cellplane";
  if (port === "wrong") return { kind: "usage", message: "--port must be a whole number from 0 to 65535" };
  if (sfnPort === "wrong") return { kind: "usage", message: "--sfn-port must be a whole number from 0 to 65535" };
  if (sfnPort && sfnPort === port) return { kind: "usage", message: "--sfn-port must be another one than --port" };
  if (cells === "wrong" || cells === undefined)
    return { kind: "usage", message: `--cells must be a whole number from 1 to ${MOST_CELLS}` };
  if (data === "") return { kind: "usage", message: "--data must name a directory" };
  return { kind: "start", options: { port, sfnPort, data, cells } };
}

const nonEmpty = (value: string | undefined) => (value === "" ? undefined : value);

function wholeNumber(text: string | undefined, from: number, to: number): number | undefined | "wrong" {
  if (text === undefined) return undefined;
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  return value >= from && value <= to ? value : "wrong";
}
