import type { GetExecutionHistoryOutput, HistoryEvent } from "@aws-sdk/client-sfn";
import * as z from "zod";
import { findExecution } from "./find.ts";
import { operation } from "./operation.ts";
import { PageInput, pageOf } from "./page.ts";

const Input = z.object({
  executionArn: z.string(),
  reverseOrder: z.boolean().default(false),
  includeExecutionData: z.boolean().default(true),
  ...PageInput,
});

/** What happened in one execution: its newest 1,000 events, the oldest first unless told otherwise. */
export const getExecutionHistory = operation(
  Input,
  (workflows, { executionArn, reverseOrder, includeExecutionData, ...page }): GetExecutionHistoryOutput => {
    const events = findExecution(workflows, executionArn).history.events();
    const ordered = reverseOrder ? events.toReversed() : events;
    const { items, nextToken } = pageOf(ordered, page, ({ id = 0 }) => id);
    return { events: includeExecutionData ? items : items.map(withoutData), nextToken };
  },
);

const dataFields = new Set(["input", "inputDetails", "output", "outputDetails"]);

/** The same event without what went in and came out, in any of its details. */
const withoutData = (event: HistoryEvent): HistoryEvent => ({
  ...event,
  ...Object.fromEntries(
    Object.entries(event)
      .filter(([name]) => name.endsWith("Details"))
      .map(([name, details]) => [
        name,
        Object.fromEntries(Object.entries(details).filter(([field]) => !dataFields.has(field))),
      ]),
  ),
});
