import type { Dependencies } from "#core/operations/dependencies.ts";
import { customResource } from "../custom-resource.ts";

/** The resource that knows the stream of a table's replica, which no template can name before it is made. */
export const findStream = (deps: Dependencies, region: { tableStream(): Promise<string> }) =>
  customResource(deps.log, async (event) => {
    const arn = event.RequestType === "Delete" ? event.PhysicalResourceId : await region.tableStream();
    return { physicalId: arn, attributes: { Arn: arn } };
  });
