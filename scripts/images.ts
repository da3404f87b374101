import { mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findNatsServer } from "#adapters/nats/find-server.ts";
import { bundlesOf, cacheFolder } from "../standalone/bundle.ts";
import { ociArchiveOf } from "./images/oci-archive.ts";
import { imagesOf } from "./images/the-images.ts";

/** `npm run images -- [--out DIR]`: an OCI archive of each image, with no daemon and no registry. */
const { values } = parseArgs({ options: { out: { type: "string", default: "build/images" } } });
const root = join(import.meta.dirname, "..");
const cacheDir = cacheFolder(process.env, homedir());
const say = (line: string): void => void process.stderr.write(`${line}\n`);

const { files } = await bundlesOf(["agent", "orchestrator", "edge"], { cacheDir, onProgress: say });
const all = imagesOf({
  node: join(root, "node_modules/node/bin/node"),
  nats: await findNatsServer({ path: process.env.PATH ?? "", cacheDir, onProgress: say }),
  bundles: files,
});

mkdirSync(values.out, { recursive: true });
for (const [file, order] of Object.entries(all)) {
  const { archive, digest, compressedBytes } = ociArchiveOf(order);
  const path = join(values.out, `${file}.tar`);
  writeFileSync(path, archive);
  process.stdout.write(`${path}  ${order.name}  ${(compressedBytes / 2 ** 20).toFixed(1)} MiB  ${digest}\n`);
}
