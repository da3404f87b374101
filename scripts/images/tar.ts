/** A file or a folder of an archive, as it is written there. */
export type TarEntry =
  | { readonly path: string; readonly content: Buffer; readonly executable?: boolean }
  | { readonly path: string; readonly folder: true };

const BLOCK = 512;
const MOST_NAME = 100;

/**
 * A ustar archive that depends on nothing but the entries' paths and contents: sorted, of root, at the epoch. The folders above each
 * file come before it.
 */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  const all = new Map<string, TarEntry>(entries.map((entry) => [entry.path, entry]));
  for (const { path } of entries)
    for (let cut = path.indexOf("/"); cut > 0; cut = path.indexOf("/", cut + 1)) {
      const above = path.slice(0, cut);
      if (!all.has(above)) all.set(above, { path: above, folder: true });
    }
  const sorted = [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return Buffer.concat([...sorted.flatMap(blocksOf), Buffer.alloc(2 * BLOCK)]);
}

function blocksOf(entry: TarEntry): Buffer[] {
  if ("folder" in entry) return [headerOf(`${entry.path}/`, 0o755, 0, "5")];
  const { path, content, executable = false } = entry;
  const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
  return [headerOf(path, executable ? 0o755 : 0o644, content.length, "0"), content, padding];
}

function headerOf(name: string, mode: number, size: number, type: "0" | "5"): Buffer {
  if (Buffer.byteLength(name) > MOST_NAME) throw new Error(`The path is too long for an image: ${name}`);
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, "0")}\0`;
  header.write(name, 0);
  header.write(octal(mode, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(size, 12), 124);
  header.write(octal(0, 12), 136);
  header.write(" ".repeat(8), 148);
  header.write(type, 156);
  header.write("ustar\x0000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}
