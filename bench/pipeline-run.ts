import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { PipelineDocument } from "#core/model/pipeline/document.ts";
import { startPipeline } from "../edge/engine/start-pipeline.ts";

/** One measured run in a process of its own: `engine|plain <input> <folder>`; prints its CPU time and RSS as JSON. */
async function main([kind, input = "", folder = ""]: string[]): Promise<void> {
  const before = process.cpuUsage();
  if (kind === "engine") await engine(input, folder);
  else plain(input, join(folder, "out.jsonl"));
  const { user, system } = process.cpuUsage(before);
  const rssMB = Math.round(process.memoryUsage.rss() / 1e6);
  process.stdout.write(JSON.stringify({ cpuMs: (user + system) / 1000, rssMB }));
}

async function engine(input: string, folder: string): Promise<void> {
  const document: PipelineDocument = {
    v: 1,
    name: "bench",
    inputs: [{ id: "in", file: { paths: [input] } }],
    processors: [
      { parse: { format: "json" } },
      { filter: 'e.level != "debug" && (e.http.status >= 400 || e.duration_ms > 500)' },
      {
        map: {
          set: { svc: "e.service", secs: "e.duration_ms / 1000", site: "node.labels.site" },
          keep: ["http", "message"],
        },
      },
    ],
    outputs: [{ id: "out", file: { path: join(folder, "out.jsonl") } }],
  };
  const quiet = () => {};
  const pipeline = await startPipeline({
    document,
    name: "bench",
    rev: 1,
    node: { id: "bench", labels: { site: "here" } },
    stateDir: folder,
    policy: { read: [input], write: [`${folder}/**`] },
    log: { error: quiet, warn: quiet, info: quiet, debug: quiet, setLevel: quiet },
  });
  do await new Promise((resolve) => setTimeout(resolve, 5));
  while (pipeline.counters().lagBytes > 0);
  await pipeline.drain(10_000);
}

interface AccessEvent {
  readonly level: string;
  readonly service: string;
  readonly duration_ms: number;
  readonly http: { readonly status: number };
  readonly message: string;
}

/** The same work by hand, with no positions, no checks and no acknowledgement. */
function plain(input: string, output: string): void {
  const from = openSync(input, "r");
  const to = openSync(output, "w");
  const buffer = Buffer.allocUnsafe(64 * 1024);
  let offset = 0;
  for (;;) {
    const end = buffer.subarray(0, readSync(from, buffer, 0, buffer.length, offset)).lastIndexOf(10) + 1;
    if (end === 0) break;
    offset += end;
    let text = "";
    for (const line of buffer.toString("utf8", 0, end - 1).split("\n")) {
      const { level, service: svc, duration_ms, http, message } = JSON.parse(line) as AccessEvent;
      if (level === "debug" || !(http.status >= 400 || duration_ms > 500)) continue;
      text += `${JSON.stringify({ http, message, svc, secs: duration_ms / 1000, site: "here" })}\n`;
    }
    writeSync(to, text);
  }
  closeSync(from);
  closeSync(to);
}

void main(process.argv.slice(2));
