/** What stands in the ARNs of one machine: no region and no account of AWS, so that neither can be mistaken for one. */
export const LOCAL_REGION = "local-1";
const OWNER = `${LOCAL_REGION}:000000000000`;

export const stateMachineArn = (workflow: string): string => `arn:aws:states:${OWNER}:stateMachine:${workflow}`;

export const executionArn = (workflow: string, name: string): string =>
  `arn:aws:states:${OWNER}:execution:${workflow}:${name}`;

export const functionArn = (name: string): string => `arn:aws:lambda:${OWNER}:function:${name}`;

/** The role that Step Functions would take on. Nothing here asks for it, but every answer about a state machine names one. */
export const ROLE_ARN = "arn:aws:iam::000000000000:role/cellplane";
