import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { type MetricName, metricKind, metrics } from "#core/model/metrics.ts";
import type { Measure } from "#core/ports.ts";

export interface Prometheus {
  readonly measure: Measure;
  readonly contentType: string;
  /** Everything measured so far, as Prometheus reads it. */
  text(): Promise<string>;
}

/** Keeps figures in this process, for Prometheus to fetch. */
export function prometheus(): Prometheus {
  const registry = new Registry();
  const registers = [registry];
  const made = new Map<string, (value: number, labels: Record<string, string>) => void>();
  for (const name of Object.keys(metrics) as MetricName[]) {
    const { type, help, labels, buckets } = metricKind(name);
    const options = { name, help, labelNames: [...labels], registers };
    if (type === "counter") {
      const counter = new Counter(options);
      made.set(name, (value, given) => counter.inc(given, value));
    } else if (type === "gauge") {
      const gauge = new Gauge(options);
      made.set(name, (value, given) => gauge.set(given, value));
    } else {
      const histogram = new Histogram({ ...options, ...(buckets ? { buckets: [...buckets] } : {}) });
      made.set(name, (value, given) => histogram.observe(given, value));
    }
  }
  return {
    measure: (name, value, labels) => made.get(name)?.(value, labels),
    contentType: registry.contentType,
    text: () => registry.metrics(),
  };
}
