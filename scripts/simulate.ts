import { readFileSync } from "node:fs";
import { Refusal } from "#core/errors.ts";
import { parse } from "#core/model/parse.ts";
import { RolloutSpec } from "#core/model/rollout/spec.ts";
import { type Options, readOptions, usage } from "./simulate/options.ts";
import { simulate } from "./simulate/simulate.ts";
import { closingLines, headOfTable, rowOf } from "./simulate/timeline.ts";

/** `npm run simulate -- ROLLOUT.json`: what a rollout would do, before it does it. */
function main(args: readonly string[]): number {
  const options = readOptions(args);
  if (options === "help") {
    process.stdout.write(usage);
    return 0;
  }
  if ("wrong" in options) {
    process.stderr.write(`${options.wrong}\n\n${usage}`);
    return 2;
  }
  try {
    return play(parse(RolloutSpec, readInput(options.file)), options);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const lines = error.details.errors?.map(({ path, message }) => `  ${path || "the spec"}: ${message}`) ?? [
      error.message,
    ];
    process.stderr.write(`refused:\n${lines.join("\n")}\n`);
    return 1;
  }
}

function readInput(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file === "-" ? 0 : file, "utf8"));
  } catch (error) {
    const message = `cannot be read: ${error instanceof Error ? error.message : error}`;
    throw new Refusal("invalid-input", message, { errors: [{ path: file, message }] });
  }
}

function play(spec: RolloutSpec, options: Options): number {
  if (!options.json) console.log(headOfTable);
  const began = performance.now();
  const { summary, timeline, loops } = simulate(spec, options, (line) => {
    if (!options.json) console.log(rowOf(line));
  });
  const tookMs = Math.round(performance.now() - began);
  if (options.json) console.log(JSON.stringify({ summary, loops, timeline }, null, 2));
  else
    console.log(`\n${[...closingLines(summary), `${loops} loops of the workflow, played in ${tookMs} ms`].join("\n")}`);
  return summary.state === "succeeded" ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
