import { metricKind } from "#core/model/metrics.ts";
import type { Clock, Measure } from "#core/ports.ts";

/**
 * Writes figures as CloudWatch's embedded metric format: a line of JSON each, which CloudWatch makes a metric of. It keeps the
 * distribution itself, so that a histogram is its values.
 */
export const embeddedMetrics =
  ({ write, clock }: { write: (line: string) => void; clock: Pick<Clock, "now"> }): Measure =>
  (name, value, labels) => {
    const unit = name.endsWith("_seconds") ? "Seconds" : "Count";
    write(
      JSON.stringify({
        _aws: {
          Timestamp: clock.now(),
          CloudWatchMetrics: [
            {
              Namespace: "cellplane",
              Dimensions: [metricKind(name).labels],
              Metrics: [{ Name: name, Unit: unit }],
            },
          ],
        },
        ...labels,
        [name]: value,
      }),
    );
  };
