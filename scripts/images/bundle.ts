import { copyFileSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { bundlesOf, cacheFolder } from "../../standalone/bundle.ts";

/** `node scripts/images/bundle.ts DIR`: the programs that run in images, as single files, for who builds images by other means. */
const [target = "build/bundles"] = process.argv.slice(2);
const { files } = await bundlesOf(["agent", "orchestrator", "edge"], { cacheDir: cacheFolder(process.env, homedir()) });
mkdirSync(target, { recursive: true });
for (const file of Object.values(files)) copyFileSync(file, join(target, basename(file)));
