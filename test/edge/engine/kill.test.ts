import { spawn } from "node:child_process";
import { createReadStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { buildSync } from "esbuild";
import { expect, it } from "vitest";
import { aPlace } from "./pipeline.ts";

const LINES = 1_000_000;
const KILLS = 20;

/** Runs the pipeline in a process; kills it so long after it began, or lets it come to its end. */
function runProcess(args: string[], killAfterMs: number | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    child.stdout.once("data", () => {
      if (killAfterMs !== undefined) setTimeout(() => child.kill("SIGKILL"), killAfterMs);
    });
    child.stdout.resume();
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      if (killAfterMs === undefined ? code === 0 : signal === "SIGKILL") resolve();
      else reject(new Error(`the runner ended with ${code ?? signal}`));
    });
  });
}

it("edge killed 20 times at random while a file of 1,000,000 lines is processed delivers every line, none twice", async () => {
  const place = aPlace();
  const input = join(place.in, "big.log");
  const chunks: string[] = [];
  for (let seq = 0; seq < LINES; seq++) chunks.push(`{"seq":${seq},"pad":"${"x".repeat(40)}"}\n`);
  writeFileSync(input, chunks.join(""));
  const document = join(place.root, "pipeline.json");
  const output = join(place.out, "out.jsonl");
  writeFileSync(
    document,
    JSON.stringify({
      v: 1,
      name: "logs",
      inputs: [{ id: "big", file: { paths: [input] } }],
      processors: [{ parse: { format: "json" } }, { map: { set: { twice: "e.seq * 2" }, keep: ["seq"] } }],
      outputs: [{ id: "out", file: { path: output } }],
    }),
  );
  // As it is deployed: a CommonJS bundle.
  const runner = join(place.root, "runner.cjs");
  buildSync({
    entryPoints: [join(import.meta.dirname, "local-runner.ts")],
    outfile: runner,
    bundle: true,
    platform: "node",
    format: "cjs",
  });
  const args = [runner, document, place.state, `${place.root}/**`];
  // Up to 0.3 s each: with 4 MiB a checkpoint, some come before the first one and some after several.
  for (let kill = 1; kill <= KILLS; kill++) await runProcess([...args, "go on"], Math.random() * 300);
  await runProcess(args, undefined);

  const seen = new Uint8Array(LINES);
  let others = 0;
  for await (const line of createInterface({ input: createReadStream(output) })) {
    const { seq, twice } = JSON.parse(line) as { seq: number; twice: number };
    if (twice === seq * 2 && seq in seen) seen[seq] = (seen[seq] ?? 0) + 1;
    else others++;
  }
  const lost = seen.filter((count) => count === 0).length;
  const repeated = seen.filter((count) => count > 1).length;
  expect({ lost, repeated, others }).toEqual({ lost: 0, repeated: 0, others: 0 });
}, 120_000);
