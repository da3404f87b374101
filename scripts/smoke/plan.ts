import { dollars, HOURS, idle, oneCell, oneProvision, totalOf } from "../../infra/costs/cost-table.ts";

/** What a person says of a trial in a real account. */
export interface Trial {
  readonly region: string;
  readonly domain: string;
  readonly zone: string;
  readonly images: string;
  readonly certificates: string;
}

export interface Step {
  readonly what: string;
  readonly command: readonly [string, ...string[]];
  /** What it must write for it to have gone well, where its exit code says nothing of that. */
  readonly says?: string;
  /** Taken whatever became of the steps before it: what costs money goes away. */
  readonly always?: true;
  /** A failure is said and does not end the trial. */
  readonly mayFail?: true;
}

/** How long a trial takes at most: a cluster needs some 20 minutes to come, and as long to go. */
const TRIAL_HOURS = 2;
const CELL = "smoke";

/** Everything that is done, in order. What a stack keeps when it goes is named, and removed after it. */
export function planOf({ region, domain, zone, images, certificates }: Trial): readonly Step[] {
  const shared = ["-c", `region=${region}`, "-c", `domain=${domain}`, "-c", `zone=${zone}`];
  const home = [...shared, "-c", "home=true"];
  const cell = [...shared, "-c", `cell=${CELL}`, "-c", `images=${images}`, "-c", `certificates=${certificates}`];
  const aws = (...command: string[]): [string, ...string[]] => ["aws", ...command, "--region", region];
  const cdk = (...command: string[]): [string, ...string[]] => ["npx", "cdk", ...command];
  const table = ["--table-name", "cellplane-intent"];
  return [
    { what: "Look who pays", command: aws("sts", "get-caller-identity") },
    { what: "Prepare the region for CDK", command: cdk("bootstrap", ...home) },
    { what: "Deploy the control plane", command: cdk("deploy", "--require-approval", "never", ...home) },
    { what: "Deploy a cell", command: cdk("deploy", "--require-approval", "never", ...cell) },
    {
      what: "Create and delete a network as a customer does",
      // Waits as long as the function may run. A function that failed was invoked all the same: what it says goes to standard error.
      command: aws(
        ...["lambda", "invoke", "--function-name", "cellplane-canary", "--cli-read-timeout", "310"],
        ...["--query", "FunctionError", "--output", "text", "/dev/stderr"],
      ),
      says: "None",
    },
    {
      what: "Let the canary make no more networks, which a cell would hold on to",
      command: aws("events", "disable-rule", "--name", `cellplane-canary-${region}`),
      always: true,
      mayFail: true,
    },
    {
      what: "Let the cell's stack go",
      command: aws(
        "cloudformation",
        "update-termination-protection",
        "--no-enable-termination-protection",
        "--stack-name",
        `cellplane-cell-${CELL}`,
      ),
      always: true,
      mayFail: true,
    },
    { what: "Destroy the cell", command: cdk("destroy", "--force", ...cell), always: true },
    { what: "Destroy the control plane", command: cdk("destroy", "--force", ...home), always: true },
    {
      what: "Let the table go, which its stack keeps",
      command: aws("dynamodb", "update-table", ...table, "--no-deletion-protection-enabled"),
      always: true,
      mayFail: true,
    },
    { what: "Remove the table", command: aws("dynamodb", "delete-table", ...table), always: true, mayFail: true },
    {
      what: "Name the keys and user pools that are kept, to be removed by hand",
      command: aws(
        "resourcegroupstaggingapi",
        "get-resources",
        "--tag-filters",
        `Key=aws:cloudformation:stack-name,Values=cellplane-control-plane-${region}`,
      ),
      always: true,
      mayFail: true,
    },
  ];
}

/** What a person is told before anything is done. */
export function warningOf({ region, domain }: Trial): string {
  const hourly = (totalOf(idle) + totalOf(oneCell)) / HOURS;
  const cost = dollars(TRIAL_HOURS * hourly + totalOf(oneProvision));
  return `This makes a control plane and a cell in ${region} for ${domain}, creates and deletes a network, and destroys both: about ${cost} at list prices for at most ${TRIAL_HOURS} hours (docs/costs.md). Keys and user pools stay until you remove them, keys at $1 a month each.`;
}
