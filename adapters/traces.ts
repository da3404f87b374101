import { context, propagation, type Span, SpanStatusCode } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import type { Trace } from "#core/ports.ts";

export interface Traces {
  readonly trace: Trace;
  /** Sends what is still here. */
  close(): Promise<void>;
}

/** Sends traces to the collector that `OTEL_EXPORTER_OTLP_ENDPOINT` names. Loaded only where there is one. */
export function otlpTraces(service: string): Traces {
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ "service.name": service }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  // The context of Node's asynchronous calls, and W3C's headers.
  provider.register();
  const tracer = provider.getTracer(service);
  return {
    trace({ name, attributes, parent }, act) {
      const around = parent ? propagation.extract(context.active(), { traceparent: parent }) : context.active();
      return tracer.startActiveSpan(name, { attributes }, around, (span) => ended(span, act));
    },
    close: () => provider.shutdown(),
  };
}

async function ended<T>(span: Span, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    span.recordException(error instanceof Error ? error : String(error));
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}
