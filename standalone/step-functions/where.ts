import { LOCAL_REGION, stateMachineArn } from "#adapters/local-workflows/arn.ts";
import { workflows } from "#step-functions/index.ts";

/** What a client of Step Functions has to know, beside the key pair. */
export interface StepFunctionsPlace {
  readonly url: string;
  readonly region: string;
  /** By name. */
  readonly stateMachines: Readonly<Record<string, string>>;
}

export const whereStepFunctionsIs = (port: number): StepFunctionsPlace => ({
  url: `http://127.0.0.1:${port}`,
  region: LOCAL_REGION,
  stateMachines: Object.fromEntries(Object.keys(workflows).map((name) => [name, stateMachineArn(name)])),
});
