import { copyFileSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { bundlesOf, cacheFolder } from "../../standalone/bundle.ts";

/**
 * `node test/kube/app-folders.ts DIR`: what the images of agent and orchestrator hold beside Node, each a folder of DIR with one program,
 * for tools that make images of folders.
 */
const [target = "build/apps"] = process.argv.slice(2);
const { files } = await bundlesOf(["agent", "orchestrator"], { cacheDir: cacheFolder(process.env, homedir()) });
for (const [name, file] of Object.entries(files)) {
  mkdirSync(join(target, name), { recursive: true });
  copyFileSync(file, join(target, name, basename(file)));
}
