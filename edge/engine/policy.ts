import { isIPv6 } from "node:net";

/** What the machine's owner lets pipelines touch. A list that is left out holds its default. */
export interface Policy {
  /** Globs of files; default: `/var/log/**`. */
  readonly read?: readonly string[];
  /** Globs of files, beside the node's state folder. */
  readonly write?: readonly string[];
  /** `host:port` or `host:*`, beside public addresses on 443. */
  readonly dial?: readonly string[];
}

const defaultRead = ["/var/log/**"];

/** `path` is the real one, of the opened descriptor. */
export const mayRead = (policy: Policy, path: string): boolean => matchesAny(policy.read ?? defaultRead, path);

export const mayWrite = (policy: Policy, stateFolder: string, path: string): boolean =>
  path.startsWith(`${stateFolder}/`) || matchesAny(policy.write ?? [], path);

/** Listed by name or by address, or public on 443. The address is the one that is connected to. */
export function mayDial(policy: Policy, host: string, port: number, address: string): boolean {
  const isListed = (policy.dial ?? []).some((entry) => {
    const at = entry.lastIndexOf(":");
    const [name, allowed] = [entry.slice(0, at).replace(/^\[|\]$/g, ""), entry.slice(at + 1)];
    return (name === host || name === address) && (allowed === "*" || Number(allowed) === port);
  });
  return isListed || (port === 443 && isPublic(address));
}

const matchesAny = (globs: readonly string[], path: string) => globs.some((glob) => globPattern(glob).test(path));

const patterns = new Map<string, RegExp>();

/** `*` and `?` stay within a folder, `**` crosses folders; `[abc]` and `{a,b}` are taken literally, so nobody is surprised. */
export function globPattern(glob: string): RegExp {
  const known = patterns.get(glob);
  if (known) return known;
  const source = glob
    .split(/(\*\*\/?|\*|\?)/)
    .map((part) => {
      if (part === "**/") return "(?:[^/]+/)*";
      if (part === "**") return ".*";
      if (part === "*") return "[^/]*";
      if (part === "?") return "[^/]";
      return part.replace(/[.+^${}()|[\]\\]/g, "\\$&");
    })
    .join("");
  const pattern = new RegExp(`^${source}$`, "s");
  patterns.set(glob, pattern);
  return pattern;
}

/** Not loopback, private, link-local, shared, multicast, documentation or reserved; what embeds an IPv4 address counts as that. */
export function isPublic(address: string): boolean {
  if (isIPv6(address)) return isPublicV6(address.toLowerCase());
  const [a = 0, b = 0, c = 0] = address.split(".").map(Number);
  if (a === 0 || a === 10 || a === 127 || a >= 224) return false;
  if (a === 100 && b >= 64 && b < 128) return false;
  if (a === 169 && b === 254) return false;
  if (a === 172 && b >= 16 && b < 32) return false;
  if (a === 192 && (b === 168 || (b === 0 && (c === 0 || c === 2)))) return false;
  if (a === 198 && (b === 18 || b === 19 || (b === 51 && c === 100))) return false;
  return !(a === 203 && b === 0 && c === 113);
}

/** Only 2000::/3 is given out; of it, 6to4, Teredo and the documentation prefix embed or stand for other addresses. */
function isPublicV6(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (mapped) return isPublic(mapped);
  if (!/^[23][0-9a-f]{3}:/.test(address)) return false;
  return !/^(2002:|2001:0?:|2001:0{1,4}:|2001:db8:|2001::)/.test(address);
}
