import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * `node test/kube/unpack-image.ts ARCHIVE DIR`: unpacks an OCI archive of ours into DIR, its root filesystem into DIR/rootfs, and prints
 * how it is run, an argument a line: for tools that make images of folders.
 */
const [archive = "", folder = ""] = process.argv.slice(2);
const unpack = (file: string, into: string) => {
  mkdirSync(into, { recursive: true });
  execFileSync("tar", ["-xf", file, "-C", into]);
};
const blob = (digest: string) => join(folder, "layout/blobs", digest.replace(":", "/"));
const read = (file: string) => JSON.parse(readFileSync(file, "utf8"));

unpack(archive, join(folder, "layout"));
const [image] = read(join(folder, "layout/index.json")).manifests;
const { config, layers } = read(blob(image.digest));
for (const { digest } of layers) unpack(blob(digest), join(folder, "rootfs"));
const { User, Env, Entrypoint } = read(blob(config.digest)).config;
const each = (flag: string, words: readonly string[]) => words.flatMap((word) => [flag, word]);
const order = [image.annotations["io.containerd.image.name"], join(folder, "rootfs"), "--user", User];
console.log([...order, ...each("--env", Env), ...each("--entrypoint", Entrypoint)].join("\n"));
