import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { rootCertificates } from "node:tls";
import type { TarEntry } from "./tar.ts";

/** What every image holds, whatever runs in it: who it runs as, and whom it trusts. */
export const commonFiles = (): TarEntry[] => [
  { path: "etc/passwd", content: Buffer.from("nonroot:x:65532:65532:nonroot:/:/sbin/nologin\n") },
  { path: "etc/group", content: Buffer.from("nonroot:x:65532:\n") },
  { path: "etc/ssl/certs/ca-certificates.crt", content: Buffer.from(`${rootCertificates.join("\n")}\n`) },
];

/** A program and the shared libraries that it loads, at the paths where its loader looks for them. */
export function programFiles(file: string, path: string): TarEntry[] {
  return [
    { path, content: readFileSync(file), executable: true },
    ...librariesOf(file).map((library) => ({
      ...{ path: library.slice(1), executable: true },
      content: readFileSync(realpathSync(library)),
    })),
  ];
}

/** Name resolution loads these when it is first asked, so that no program names them. */
const LATE = ["libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2"];

function librariesOf(file: string): string[] {
  let said: string;
  try {
    said = execFileSync("ldd", [file], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    // Linked statically: it loads nothing.
    return [];
  }
  const named = [...said.matchAll(/(\/\S+) \(0x/g)].flatMap(([, found]) => found ?? []);
  const c = named.find((library) => library.endsWith("/libc.so.6"));
  const late = c === undefined ? [] : LATE.map((library) => c.replace("libc.so.6", library)).filter(existsSync);
  return [...new Set([...named, ...late])];
}
