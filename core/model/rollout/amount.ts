import * as z from "zod";

/** So many, or such a share of all: `10` or `"10%"`, also `"2.5%"`. */
export const Amount = z.union(
  [
    z.int().min(0).max(1_000_000),
    z
      .string()
      .regex(/^\d{1,3}(\.\d{1,3})?%$/)
      .refine((text) => Number.parseFloat(text) <= 100),
  ],
  'must be a whole number such as 10, or a share from "0%" to "100%"',
);
export type Amount = z.infer<typeof Amount>;

/** Rounds down, so that a small fleet is never given more than was said. Thousandths of a percent are counted exactly. */
export const shareOf = (percent: number, total: number): number =>
  Math.floor((Math.round(percent * 1_000) * total) / 100_000);

const amountOf = (amount: Amount, total: number): number =>
  typeof amount === "number" ? amount : shareOf(Number.parseFloat(amount), total);

/** How many failures are allowed: one more is a breach. */
export const failuresAllowed = (amount: Amount, total: number): number => amountOf(amount, total);

/** How many may be in flight: never 0, for that would be a pause that nobody asked for. */
export const slotsOf = (amount: Amount, total: number): number => Math.max(1, amountOf(amount, total));
