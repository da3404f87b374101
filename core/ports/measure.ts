import type { LabelsOf, MetricName } from "../model/metrics.ts";

/** Where figures go, for operators. Never fails, and is never waited for. */
export type Measure = <N extends MetricName>(name: N, value: number, labels: LabelsOf<N>) => void;
