import { rmSync } from "node:fs";
import { join } from "node:path";
import { cell, type Json, ofType, synthesizeCell } from "../synthesize.ts";
import type { Assembly } from "./assembly.ts";
import { type Answered, tellResource } from "./begin.ts";
import { type ClusterApi, openClusterApi } from "./cluster-api.ts";
import { functionProcess } from "./function-process.ts";

export interface Registration {
  readonly cluster: ClusterApi;
  /** CloudFormation tells the resource of a cell's stack something, of a cell by that name. */
  tell(requestType: "Create" | "Update" | "Delete", name: string): Promise<Answered>;
  close(): void;
}

/** The registration of a cell's stack, from its own bundle and by its own template, at a control plane that runs. */
export async function startRegistration(assembly: Assembly, bundle: string, log: string): Promise<Registration> {
  const { template, folder } = synthesizeCell(cell);
  rmSync(folder, { recursive: true });
  const [[, resource] = []] = ofType(template, "Custom::Cell");
  const given: Json = resource?.Properties;
  const cluster = await openClusterApi();
  const fn = functionProcess({
    name: "cellplane-eu-1-register-cell",
    asset: bundle,
    log: join(log, "registration.log"),
    environment: {
      AWS_REGION: "eu-central-1",
      AWS_LAMBDA_FUNCTION_NAME: "cellplane-eu-1-register-cell",
      AWS_ACCESS_KEY_ID: "cellplane-eu-1-register-cell",
      AWS_SECRET_ACCESS_KEY: "any",
      AWS_ENDPOINT_URL: assembly.awsUrl,
    },
  });
  const properties = (name: string) => ({
    ...given,
    // What is only known when it is deployed.
    controlPlane: assembly.url,
    cell: { ...given.cell, name, limits: { networks: String(given.cell.limits.networks) } },
    joinSecret: { ...given.joinSecret, endpoint: cluster.endpoint, caData: cluster.caData },
  });
  return {
    cluster,
    tell: (requestType, name) =>
      tellResource({ requestType, id: "Registration", physicalId: name, properties: properties(name) }, fn.invoke),
    close() {
      fn.kill();
      cluster.close();
    },
  };
}
