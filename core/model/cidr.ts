import * as z from "zod";

/** True where `address` lies within `cidr`. An IPv4 address may come mapped into IPv6 (`::ffff:10.0.0.1`). */
export function isWithin(address: string, cidr: string): boolean {
  const [network = "", length] = cidr.split("/");
  const [a, b] = [bitsOf(address), bitsOf(network)];
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  const prefix = length === undefined ? b.length : Number(length);
  return a.slice(0, prefix) === b.slice(0, prefix);
}

/** An empty list allows every address. */
export const isAllowedFrom = (address: string, cidrs: readonly string[]): boolean =>
  cidrs.length === 0 || cidrs.some((cidr) => isWithin(address, cidr));

export const Cidr = z.string().refine((text) => {
  const [network = "", length] = text.split("/");
  const bits = bitsOf(network)?.length ?? -1;
  return bits > 0 && (length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= bits));
}, 'must be a network such as "10.0.0.0/8" or "2001:db8::/32"');

/** The address as text of 32 or 128 zeros and ones; undefined where it is not an address. */
function bitsOf(address: string): string | undefined {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  const text = mapped ?? address;
  return text.includes(":") ? bitsOfV6(text) : bitsOfV4(text);
}

function bitsOfV4(text: string): string | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) return undefined;
  return parts.map((part) => Number(part).toString(2).padStart(8, "0")).join("");
}

function bitsOfV6(text: string): string | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [before = [], after = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = 8 - before.length - after.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...before, ...Array<string>(Math.max(missing, 0)).fill("0"), ...after];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.map((group) => Number.parseInt(group, 16).toString(2).padStart(16, "0")).join("");
}
