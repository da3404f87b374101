import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSync } from "esbuild";

const EVENTS = 400_000;
const RUNS = 3;

/** What `npm run bench` prints about the engine: file → parse, filter, map → file, beside a plain loop that does the same. */
export async function benchPipeline(print: (line: string) => void): Promise<void> {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "bench-pipeline-")));
  try {
    const input = join(root, "in.log");
    await writeEvents(input);
    const program = join(root, "run.cjs");
    buildSync({
      entryPoints: [join(import.meta.dirname, "pipeline-run.ts")],
      outfile: program,
      bundle: true,
      platform: "node",
      format: "cjs",
      minify: true,
    });
    const best = { engine: Number.POSITIVE_INFINITY, plain: Number.POSITIVE_INFINITY };
    let rss = 0;
    // Alternating, so that a busy machine is busy for both; the fastest of each is compared.
    for (let run = 0; run < RUNS; run++)
      for (const kind of ["plain", "engine"] as const) {
        const folder = join(root, `${kind}-${run}`);
        mkdirSync(folder);
        const flags = ["--max-semi-space-size=1", "--no-maglev"];
        const answer = execFileSync(process.execPath, [...flags, program, kind, input, folder], { encoding: "utf8" });
        const measured = JSON.parse(answer) as { cpuMs: number; rssMB: number };
        best[kind] = Math.min(best[kind], measured.cpuMs);
        if (kind === "engine") rss = Math.max(rss, measured.rssMB);
        rmSync(folder, { recursive: true });
      }
    const perSecond = (milliseconds: number) => `${Math.round(EVENTS / milliseconds)}k events per CPU second`;
    print(`pipeline file → parse, filter, map → file: ${perSecond(best.engine)} (${Math.round(best.engine)} ms)`);
    print(`plain read-parse-write loop:               ${perSecond(best.plain)} (${Math.round(best.plain)} ms)`);
    print(
      `ratio engine / plain loop: ${(best.plain / best.engine).toFixed(2)}; RSS of the engine at full speed ${rss} MB`,
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function writeEvents(path: string): Promise<void> {
  const file = createWriteStream(path);
  for (let seq = 0; seq < EVENTS; seq++) {
    const event = {
      seq,
      level: seq % 6 === 0 ? "debug" : "info",
      service: ["web", "api", "db"][seq % 3],
      duration_ms: (seq * 37) % 2000,
      http: { status: [200, 404, 500][seq % 3], path: `/orders/${seq}`, method: "GET" },
      message: "x".repeat(330),
    };
    if (!file.write(`${JSON.stringify(event)}\n`)) await once(file, "drain");
  }
  file.end();
  await once(file, "finish");
}

if (import.meta.main) await benchPipeline((line) => process.stdout.write(`${line}\n`));
