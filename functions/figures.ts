/**
 * Writes figures for alarms and dashboards. CloudWatch makes metrics of a log line in this form (embedded metric format), without a
 * call and without a right to make one; `part` says whose they are.
 */
export function tellFigures(part: string, figures: Readonly<Record<string, number>>, at: number): void {
  const Metrics = Object.keys(figures).map((Name) => ({ Name }));
  const _aws = { Timestamp: at, CloudWatchMetrics: [{ Namespace: "cellplane", Dimensions: [["part"]], Metrics }] };
  process.stdout.write(`${JSON.stringify({ _aws, part, ...figures })}\n`);
}
