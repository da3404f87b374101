import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ociArchiveOf, wholeName } from "../../../scripts/images/oci-archive.ts";
import { type TarEntry, tarOf } from "../../../scripts/images/tar.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cellplane-images-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const entries: readonly TarEntry[] = [
  { path: "usr/bin/tool", content: Buffer.from("run"), executable: true },
  { path: "etc/passwd", content: Buffer.from("nonroot") },
];

const tar = (...words: string[]): string => execFileSync("tar", words, { encoding: "utf8" });

test("an archive is what tar reads: folders first, of root, at the epoch, executable where told", () => {
  const file = join(folder, "a.tar");
  writeFileSync(file, tarOf(entries));
  expect(tar("-tf", file).trim().split("\n")).toEqual(["etc/", "etc/passwd", "usr/", "usr/bin/", "usr/bin/tool"]);
  const [, passwd, , , tool] = tar("--utc", "--numeric-owner", "-tvf", file).split("\n");
  expect(passwd).toMatch(/^-rw-r--r-- 0\/0 +7 1970-01-01 00:00 etc\/passwd$/);
  expect(tool).toMatch(/^-rwxr-xr-x 0\/0 +3 1970-01-01 00:00 usr\/bin\/tool$/);
  tar("-xf", file, "-C", folder);
  expect(readFileSync(join(folder, "usr/bin/tool"), "utf8")).toBe("run");
});

test("the order of files does not change an image; a byte does", () => {
  const imageOf = (layer: readonly TarEntry[]) => ociArchiveOf({ name: "a:1", layers: [layer], entrypoint: ["/a"] });
  const first = imageOf(entries);
  expect(imageOf([...entries].reverse()).archive.equals(first.archive)).toBe(true);
  expect(imageOf([{ path: "etc/passwd", content: Buffer.from("nonrooT") }]).digest).not.toBe(first.digest);
});

test("every blob is named by its hash, and the image runs as nobody", () => {
  const { archive, digest } = ociArchiveOf({ name: "cellplane/a:1", layers: [entries], entrypoint: ["/a"] });
  writeFileSync(join(folder, "image.tar"), archive);
  tar("-xf", join(folder, "image.tar"), "-C", folder);
  const blob = (name: string): Buffer => readFileSync(join(folder, "blobs", name.replace(":", "/")));
  const parsed = (name: string) => JSON.parse(blob(name).toString("utf8"));
  const index = JSON.parse(readFileSync(join(folder, "index.json"), "utf8"));
  expect(index.manifests[0].digest).toBe(digest);
  expect(index.manifests[0].annotations["io.containerd.image.name"]).toBe("docker.io/cellplane/a:1");
  const manifest = parsed(digest);
  for (const { digest: name, size } of [manifest.config, ...manifest.layers]) {
    expect(`sha256:${createHash("sha256").update(blob(name)).digest("hex")}`).toBe(name);
    expect(blob(name)).toHaveLength(size);
  }
  expect(parsed(manifest.config.digest).config.User).toBe("65532:65532");
});

test.each([
  ["nats:2.15.2", "docker.io/library/nats:2.15.2"],
  ["cellplane/edge:1", "docker.io/cellplane/edge:1"],
  ["registry.example:5000/cellplane/edge:1", "registry.example:5000/cellplane/edge:1"],
])("%s is %s on a node", (name, whole) => {
  expect(wholeName(name)).toBe(whole);
});
