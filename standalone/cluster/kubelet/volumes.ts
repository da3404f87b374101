import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { KubeObject } from "#core/model/kube-object.ts";
import type { Secret, Volume } from "../objects/shapes.ts";
import { Waiting } from "./waiting.ts";

/** Reads a Secret or ConfigMap of the pod's namespace. */
export type ReadSource = (kind: "Secret" | "ConfigMap", name: string) => KubeObject | undefined;

interface Source {
  readonly kind: "Secret" | "ConfigMap";
  readonly name: string;
  readonly items: readonly { readonly key: string; readonly path: string }[] | undefined;
  readonly optional: boolean | undefined;
}

/** The Secrets and ConfigMaps that a volume shows as files; `undefined` for volumes of another sort. */
export function sourcesOf(volume: Volume): Source[] | undefined {
  const { secret, configMap, projected } = volume;
  if (secret) return [{ kind: "Secret", name: secret.secretName, items: secret.items, optional: secret.optional }];
  if (configMap)
    return [{ kind: "ConfigMap", name: configMap.name, items: configMap.items, optional: configMap.optional }];
  return projected?.sources.flatMap(({ secret: fromSecret, configMap: fromMap }) => [
    ...(fromSecret ? [{ kind: "Secret" as const, ...pick(fromSecret) }] : []),
    ...(fromMap ? [{ kind: "ConfigMap" as const, ...pick(fromMap) }] : []),
  ]);
}

const pick = ({
  name,
  items,
  optional,
}: Pick<Source, "name"> & { items?: Source["items"]; optional?: boolean | undefined }) => ({
  name,
  items,
  optional,
});

/** The bytes by key of a Secret (`data`) or ConfigMap (`data` and `binaryData`). */
export function bytesOf(object: KubeObject): Record<string, Buffer> {
  const encoding = object.kind === "Secret" ? "base64" : "utf8";
  const { data = {} } = object as Secret;
  const { binaryData = {} } = object as { binaryData?: Record<string, string> };
  return {
    ...mapValues(data, (text) => Buffer.from(text, encoding)),
    ...mapValues(binaryData, (text) => Buffer.from(text, "base64")),
  };
}

const mapValues = <A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));

/** The files of such a volume by path inside it. Waits for what is missing and not optional. */
export function filesOf(sources: readonly Source[], read: ReadSource): Record<string, Buffer> {
  const files: Record<string, Buffer> = {};
  for (const { kind, name, items, optional } of sources) {
    const object = read(kind, name);
    if (!object && !optional) throw new Waiting("ContainerCreating", `${kind} ${name} is not there yet`);
    if (!object) continue;
    const bytes = bytesOf(object);
    const wanted = items ?? Object.keys(bytes).map((key) => ({ key, path: key }));
    for (const { key, path } of wanted) {
      const content = bytes[key];
      if (!content && !optional) throw new Waiting("ContainerCreating", `${kind} ${name} has no key ${key}`);
      if (content) files[path] = content;
    }
  }
  return files;
}

/**
 * Makes the folder hold these files, all at once for a reader: they lie in a folder of their own to which `..data` points,
 * and the names in the volume point through it (the kubelet's way, so what watches files there sees the same here).
 */
export function writeFiles(folder: string, files: Readonly<Record<string, Buffer>>): void {
  const before = currentOf(folder);
  if (before !== undefined && isSameContent(join(folder, before), files)) return;
  const version = `..${process.hrtime.bigint().toString(36)}`;
  mkdirSync(join(folder, version), { recursive: true, mode: 0o700 });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, version, path)), { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, version, path), content, { mode: 0o600 });
  }
  rmSync(join(folder, "..data_tmp"), { force: true });
  symlinkSync(version, join(folder, "..data_tmp"));
  renameSync(join(folder, "..data_tmp"), join(folder, "..data"));

  const names = new Set(Object.keys(files).map((path) => path.split("/")[0] ?? path));
  const found = readdirSync(folder).filter((name) => !name.startsWith(".."));
  for (const name of names) if (!found.includes(name)) symlinkSync(join("..data", name), join(folder, name));
  for (const name of found) if (!names.has(name)) rmSync(join(folder, name), { force: true, recursive: true });
  if (before !== undefined) rmSync(join(folder, before), { force: true, recursive: true });
}

function currentOf(folder: string): string | undefined {
  try {
    return readlinkSync(join(folder, "..data"));
  } catch {
    return undefined;
  }
}

function isSameContent(folder: string, files: Readonly<Record<string, Buffer>>): boolean {
  try {
    const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return (
      found.length === Object.keys(files).length &&
      Object.entries(files).every(([path, content]) => content.equals(readFileSync(join(folder, path))))
    );
  } catch {
    return false;
  }
}
