import { join } from "node:path";
import { parseArgs } from "node:util";
import { withFileLock } from "#adapters/file-lock.ts";
import { bundlesOf } from "./bundle.ts";
import { buildsIn, keepBuild, renewPrograms } from "./release-builds.ts";
import { lineOf } from "./start-failure.ts";

/**
 * `build-release.ts --data DIR --cache DIR --programs FILE RELEASE`: sees to it that the embedded cells can run a release. It is built
 * from these sources (or those in `--root`) with its version compiled in, unless there is a build in `<data>/builds` already. On stderr, one line of why not.
 */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: {
      root: { type: "string" },
      data: { type: "string" },
      cache: { type: "string" },
      programs: { type: "string" },
    },
    allowPositionals: true,
  });
  const { root, data = "", cache: cacheDir = "", programs = "" } = values;
  const [release = ""] = positionals;
  if (!/^\d+\.\d+\.\d+$/.test(release)) throw new Error(`"${release}" is no release such as 1.5.0`);

  await withFileLock(join(data, "builds", "lock"), async () => {
    if (buildsIn(data)[release] === undefined) {
      const { files } = await bundlesOf(["orchestrator"], { ...(root ? { root } : {}), cacheDir, release });
      keepBuild(data, release, files.orchestrator);
    }
    renewPrograms(programs, data);
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`${lineOf(error)}\n`);
  process.exit(1);
});
