/** The value below which a share of the samples lies; the samples need not be sorted. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** One line of figures: what was measured, what came out, what is to be reached. */
export function print(what: string, figure: string, goal = ""): void {
  console.log(`${what.padEnd(52)} ${figure.padStart(18)}   ${goal}`);
}

export const milliseconds = (value: number): string => `${Math.round(value)} ms`;
export const mebibytes = (value: number): string => `${value.toFixed(1)} MiB`;
