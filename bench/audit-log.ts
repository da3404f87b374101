import { closeSync, openSync, readSync, statSync } from "node:fs";
import { entryOf } from "../test/kube/audit-log.ts";

/** A request of the agent, as the audit log of the API server tells it. */
export interface AuditedRequest {
  readonly at: number;
  readonly verb: string;
  /** `pods`, or `networkinstances/status`. */
  readonly resource: string;
  readonly code: number;
}

interface AuditEvent {
  readonly stage?: string;
  readonly verb?: string;
  readonly userAgent?: string;
  readonly requestReceivedTimestamp?: string;
  readonly objectRef?: { readonly resource?: string; readonly subresource?: string };
  readonly responseStatus?: { readonly code?: number };
}

const AGENT = '"userAgent":"cellplane-cell-agent"';
const offsets = new Map<string, { offset: number; rest: string; requests: AuditedRequest[] }>();

/** What the agent asked for since a moment, leases apart; of each request once. The log is read on from where it was read last. */
export function auditedRequests(file: string, since: number): AuditedRequest[] {
  const known = offsets.get(file) ?? { offset: 0, rest: "", requests: [] };
  offsets.set(file, known);
  const size = statSync(file).size;
  if (size < known.offset) Object.assign(known, { offset: 0, rest: "" });
  const bytes = Buffer.alloc(size - known.offset);
  const descriptor = openSync(file, "r");
  try {
    readSync(descriptor, bytes, 0, bytes.length, known.offset);
  } finally {
    closeSync(descriptor);
  }
  const lines = `${known.rest}${bytes.toString("utf8")}`.split("\n");
  known.rest = lines.pop() ?? "";
  known.offset = size;
  for (const line of lines) {
    if (!line.includes(AGENT)) continue;
    const event = JSON.parse(entryOf(line)) as AuditEvent;
    const { resource = "", subresource } = event.objectRef ?? {};
    const isWatch = event.verb === "watch";
    if (resource === "leases" || event.stage !== (isWatch ? "ResponseStarted" : "ResponseComplete")) continue;
    known.requests.push({
      at: Date.parse(event.requestReceivedTimestamp ?? ""),
      verb: event.verb ?? "",
      resource: subresource ? `${resource}/${subresource}` : resource,
      code: event.responseStatus?.code ?? 0,
    });
  }
  return known.requests.filter(({ at }) => at >= since);
}

const reading = new Set(["get", "list", "watch"]);

/** Heartbeats of an instance's own status are none of these. */
export const isWrite = ({ verb, resource }: AuditedRequest): boolean =>
  !reading.has(verb) && resource !== "networkinstances/status";
