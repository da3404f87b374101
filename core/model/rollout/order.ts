/**
 * Where a network stands in a rollout: FNV-1a over both ids with a final mix, as 8 hex digits that sort as text. Not
 * alphabetical, so that other networks go first each time; the same always for the same rollout.
 */
export function orderOf(rollout: string, network: string): string {
  let hash = 0x811c9dc5;
  for (const char of `${rollout}/${network}`) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0).toString(16).padStart(8, "0");
}
