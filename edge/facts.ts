import { statfsSync } from "node:fs";
import { arch, availableParallelism, freemem, hostname, platform, totalmem } from "node:os";
import type { Facts, Heartbeat } from "#core/messages.ts";

export const readFacts = (): Facts => ({
  os: platform(),
  arch: arch(),
  hostname: hostname(),
  cpus: availableParallelism(),
  memMB: Math.round(totalmem() / 1024 ** 2),
});

export type Resources = NonNullable<Heartbeat["r"]>;

/** Samples what this process and its machine use; CPU is the mean since the sample before. */
export function resourceMeter(folder: string): () => Resources {
  let cpu = process.cpuUsage();
  let at = process.hrtime.bigint();
  return () => {
    const used = process.cpuUsage(cpu);
    const now = process.hrtime.bigint();
    const micros = Number(now - at) / 1000;
    cpu = process.cpuUsage();
    at = now;
    return [
      micros > 0 ? Math.round(((used.user + used.system) / micros) * 1000) : 0,
      Math.round(process.memoryUsage.rss() / 1024 ** 2),
      Math.round((1 - freemem() / totalmem()) * 100),
      diskPercent(folder),
    ];
  };
}

function diskPercent(folder: string): number {
  try {
    const { blocks, bavail } = statfsSync(folder);
    return blocks > 0 ? Math.round((1 - bavail / blocks) * 100) : 0;
  } catch {
    return 0;
  }
}
