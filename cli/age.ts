const steps = [
  { unit: "d", ms: 86_400_000 },
  { unit: "h", ms: 3_600_000 },
  { unit: "m", ms: 60_000 },
  { unit: "s", ms: 1_000 },
] as const;

/** How long ago, in its largest unit, as people say it: `"3m"`, `"12d"`; `-` for never. */
export function age(timestamp: string | null | undefined, now: number): string {
  if (!timestamp) return "-";
  const passed = Math.max(0, now - Date.parse(timestamp));
  const step = steps.find(({ ms }) => passed >= ms);
  return step ? `${Math.floor(passed / step.ms)}${step.unit}` : "0s";
}

/** Time passed while somebody waits: `"0.4 s"`, `"1m 12s"`. */
export const elapsed = (milliseconds: number): string =>
  milliseconds < 60_000
    ? `${(milliseconds / 1_000).toFixed(1)} s`
    : `${Math.floor(milliseconds / 60_000)}m ${Math.floor((milliseconds % 60_000) / 1_000)}s`;

/** A span of time in its two largest units: `"42s"`, `"38m 10s"`, `"2h 5m"`, `"3d 4h"`. */
export function span(milliseconds: number): string {
  const at = steps.findIndex(({ ms }) => milliseconds >= ms);
  const [large, small] = [steps[at], steps[at + 1]];
  if (!large) return "0s";
  const rest = small ? Math.floor((milliseconds % large.ms) / small.ms) : 0;
  return `${Math.floor(milliseconds / large.ms)}${large.unit}${small && rest > 0 ? ` ${rest}${small.unit}` : ""}`;
}
