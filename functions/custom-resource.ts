import type { CloudFormationCustomResourceEvent, Context } from "aws-lambda";
import type { Log } from "#core/ports.ts";

/** What a custom resource has become: its name, and what the template may read of it. */
export interface Made {
  readonly physicalId: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/**
 * Makes a Lambda function of what creates, updates or deletes a resource of a stack. CloudFormation waits an hour for an answer that
 * never comes, so every end is told, a failure with a sentence that a person reads in the console.
 */
export function customResource(
  log: Log,
  act: (event: CloudFormationCustomResourceEvent) => Promise<Made>,
): (event: CloudFormationCustomResourceEvent, context: Context) => Promise<void> {
  return async (event) => {
    const known = "PhysicalResourceId" in event ? event.PhysicalResourceId : undefined;
    try {
      const { physicalId, attributes } = await act(event);
      await tell(event, { Status: "SUCCESS", PhysicalResourceId: physicalId, Data: attributes ?? {} });
    } catch (error) {
      log("error", "custom resource failed", { resource: event.LogicalResourceId, error: String(error) });
      const Reason = error instanceof Error ? error.message : String(error);
      await tell(event, { Status: "FAILED", PhysicalResourceId: known ?? event.LogicalResourceId, Reason });
    }
  };
}

async function tell(
  { ResponseURL, StackId, RequestId, LogicalResourceId }: CloudFormationCustomResourceEvent,
  answer: { readonly Status: "SUCCESS" | "FAILED"; readonly PhysicalResourceId: string } & Record<string, unknown>,
): Promise<void> {
  const body = JSON.stringify({ ...answer, StackId, RequestId, LogicalResourceId });
  // The URL is signed for no content type.
  const { status } = await fetch(ResponseURL, { method: "PUT", body, headers: { "content-type": "" } });
  if (status >= 300) throw new Error(`CloudFormation did not take the answer: ${status}`);
}
