import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { type TarEntry, tarOf } from "./tar.ts";

export interface ImageOrder {
  /** With its tag, as manifests name it. */
  readonly name: string;
  /** From below to above. */
  readonly layers: readonly (readonly TarEntry[])[];
  readonly entrypoint: readonly string[];
  readonly env?: readonly string[];
}

export interface OciArchive {
  readonly archive: Buffer;
  /** Of the manifest: what a registry and a node know the image by. */
  readonly digest: string;
  /** What a node downloads. */
  readonly compressedBytes: number;
}

/** The user of every image; a pod may name another. */
const USER = "65532:65532";

const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");

/** One image as an OCI layout in one archive. The same order gives the same bytes. */
export function ociArchiveOf({ name, layers, entrypoint, env = [] }: ImageOrder): OciArchive {
  const blobs = new Map<string, Buffer>();
  const put = (content: Buffer, mediaType: string) => {
    const hex = sha256(content);
    blobs.set(hex, content);
    return { mediaType, digest: `sha256:${hex}`, size: content.length };
  };
  const tars = layers.map(tarOf);
  const packed = tars.map((tar) => put(gzipSync(tar, { level: 6 }), "application/vnd.oci.image.layer.v1.tar+gzip"));
  const config = put(
    json({
      architecture: "amd64",
      os: "linux",
      config: { User: USER, Env: env, Entrypoint: entrypoint },
      rootfs: { type: "layers", diff_ids: tars.map((tar) => `sha256:${sha256(tar)}`) },
    }),
    "application/vnd.oci.image.config.v1+json",
  );
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = put(json({ schemaVersion: 2, mediaType, config, layers: packed }), mediaType);
  const annotations = {
    "io.containerd.image.name": wholeName(name),
    "org.opencontainers.image.ref.name": name.slice(name.lastIndexOf(":") + 1),
  };
  const archive = tarOf([
    { path: "oci-layout", content: json({ imageLayoutVersion: "1.0.0" }) },
    { path: "index.json", content: json({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }) },
    ...[...blobs].map(([hex, content]) => ({ path: `blobs/sha256/${hex}`, content })),
  ]);
  return { archive, digest: manifest.digest, compressedBytes: packed.reduce((sum, { size }) => sum + size, 0) };
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** As containerd keeps it: `nats:1` is `docker.io/library/nats:1`. */
export function wholeName(name: string): string {
  const [first = "", ...rest] = name.split("/");
  if (rest.length === 0) return `docker.io/library/${name}`;
  return /[.:]/.test(first) || first === "localhost" ? name : `docker.io/${name}`;
}
