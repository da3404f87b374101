const units = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** A size as people write it: a number of bytes, or `"64KiB"`. */
export type Size = number | string;

export const sizePattern = /^[1-9][0-9]{0,9}(B|KiB|MiB|GiB)$/;

/** Bytes of a valid `Size`. */
export function bytesOf(size: Size): number {
  if (typeof size === "number") return size;
  const [, amount, unit] = /^(\d+)(B|KiB|MiB|GiB)$/.exec(size) ?? [];
  return Number(amount) * units[unit as keyof typeof units];
}
