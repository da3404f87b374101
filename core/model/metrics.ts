/** Seconds, from what a read from memory takes to what a call may last. */
const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30];

/** Seconds, from a change that restarts nothing to the deadline of an operation. */
const OPERATION_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600];

interface MetricKind {
  /** A counter adds what is measured, a gauge is set to it, a histogram counts it in. */
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  readonly buckets?: readonly number[];
}

/** Everything that is measured, by name. Labels have few values: never an id. */
export const metrics = {
  cellplane_http_request_seconds: {
    type: "histogram",
    help: "Requests to the hosted API, by route and status",
    labels: ["method", "route", "status"],
    buckets: REQUEST_BUCKETS,
  },
  cellplane_operation_seconds: {
    type: "histogram",
    help: "Operations that ended, by kind and outcome, from their acceptance on",
    labels: ["kind", "outcome"],
    buckets: OPERATION_BUCKETS,
  },
  cellplane_intent_to_ready_seconds: {
    type: "histogram",
    help: "From an accepted change until a node can connect",
    labels: ["kind"],
    buckets: OPERATION_BUCKETS,
  },
  cellplane_queue_age_seconds: {
    type: "gauge",
    help: "How long the longest waiting operation has been due when it was swept",
    labels: [],
  },
  cellplane_sweep_taken_up_total: {
    type: "counter",
    help: "Operations that a sweep took up: a signal was lost, an execution died, or it was time to try again",
    labels: [],
  },
  cellplane_survey_findings_total: {
    type: "counter",
    help: "What surveys of cells found, by what was done about it",
    labels: ["action"],
  },
  cellplane_cells: { type: "gauge", help: "Cells by how fresh their last report is", labels: ["freshness"] },
} as const satisfies Record<string, MetricKind>;

export type MetricName = keyof typeof metrics;
export type LabelsOf<N extends MetricName> = Readonly<Record<(typeof metrics)[N]["labels"][number], string>>;

export const metricKind = (name: MetricName): MetricKind => metrics[name];
