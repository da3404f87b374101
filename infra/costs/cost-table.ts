import { type StateMachine, tasksOf } from "#step-functions/asl.ts";
import { workflows } from "#step-functions/index.ts";
import { counted } from "./counted.ts";
import { PRICES_OF, type Price, pages, prices } from "./prices.ts";

/** So many of what has a price; `of` says what for. */
export interface Line {
  readonly of: string;
  readonly price: Price;
  /** In the price's own unit. */
  readonly count: number;
}

export interface Bill {
  readonly title: string;
  readonly lines: readonly Line[];
}

export const HOURS = 730;
const MINUTES = HOURS * 60;
const MILLION = 1_000_000;

/** What is assumed where nothing is counted. */
const assumed = {
  /** Seconds of a task, at 0.5 GB; the one that observes waits while a network starts. */
  taskSeconds: 0.2,
  observeSeconds: 5,
  /** Seconds of an API request, at 1 GB. */
  requestSeconds: 0.05,
  /** A network with its status, operations, events, usage and audit of a year. */
  networkGb: 100 / MILLION,
  /** One for each label of a figure in docs/api.md: 5 routes of canary and health checks, 3 of operations, 2 of the sweep, 4 of surveys. */
  idleMetrics: 14,
  /** Route 53 asks from many places, each every 30 s. */
  healthChecksAMinute: 30,
  /** The same where customers are: one for each route and status that comes in every hour of a month. */
  customerMetrics: 60,
  /** Log of a task or a request. */
  logGb: 1 / MILLION,
} as const;

const lambda = (of: string, calls: number, gbSeconds: number): Line[] => [
  { of, price: "Lambda, arm64: a GB-second", count: calls * gbSeconds },
  { of, price: "Lambda: a million requests", count: calls / MILLION },
  { of, price: "CloudWatch: a GB of logs", count: calls * assumed.logGb },
];
const table = (of: string, { write, read }: { write: number; read: number }, times = 1): Line[] => [
  { of, price: "DynamoDB, on demand: a million write units", count: (times * write) / MILLION },
  { of, price: "DynamoDB, on demand: a million read units", count: (times * read) / MILLION },
];

/** One convergence that meets no trouble: every task once, and each state that it passes. */
function convergence(of: string, times: number): Line[] {
  const definition: StateMachine = workflows["converge-network"];
  const tasks = new Set(tasksOf(definition)).size - 1;
  // Tasks, the choice, the end, and the start: what failed would go elsewhere.
  const transitions = tasks + 3;
  return [
    { of, price: "Step Functions: a thousand transitions", count: (times * transitions) / 1_000 },
    ...lambda(of, times * tasks, 0.5 * assumed.taskSeconds),
    ...lambda(of, times, 0.5 * assumed.observeSeconds),
    { of, price: "KMS, elliptic curves: ten thousand signatures", count: (times * 2) / 10_000 },
  ];
}

const request = (of: string, times: number): Line[] => [
  { of, price: "API Gateway, HTTP: a million requests", count: times / MILLION },
  ...lambda(of, times, assumed.requestSeconds),
];

/** A network from its POST until a node can connect. */
const provision = (times: number): Line[] => [
  ...request("requests, one of them a wait", times * 2),
  ...table("intent and its history", counted["create: accepted"], times),
  ...table("intent and its history", counted["create: until ready"], times),
  ...convergence("workflow", times),
];

const removal = (times: number): Line[] => [
  ...request("requests, one of them a wait", times * 2),
  ...table("intent and its history", counted["delete: accepted"], times),
  ...table("intent and its history", counted["delete: until gone"], times),
  ...convergence("workflow", times),
];

const CANARIES = MINUTES / 10;
const as = (of: string, lines: readonly Line[]): Line[] => lines.map((line) => ({ ...line, of }));

/** An alarm is paid by the metrics that it looks at. */
export const ALARMED_METRICS = 20;
/** What schedules tell of themselves, by `tellFigures`. */
const FIGURES = 8;

/** What a control plane without customers costs a month, with one cell to watch. */
export const idle: Bill = {
  title: "Control plane of a region, idle, a month",
  lines: [
    // Watched without a gap: 1 GB all the time.
    ...lambda("watch over cells", MINUTES, 60),
    { of: "watch over cells", price: "KMS, elliptic curves: ten thousand signatures", count: (MINUTES * 4) / 10_000 },
    ...lambda("sweep", MINUTES, 0.5 * assumed.taskSeconds),
    ...table("sweep", counted["a look of the sweep that finds nothing"], MINUTES),
    ...as("canary", [...provision(CANARIES), ...removal(CANARIES), ...lambda("", CANARIES, 0.25 * 10)]),
    { of: "keys", price: "KMS: a key-month", count: 3 },
    { of: "secrets", price: "Secrets Manager: a secret-month", count: 4 },
    { of: "alarms", price: "CloudWatch: an alarm-month", count: ALARMED_METRICS },
    { of: "alarms", price: "CloudWatch: a metric-month", count: FIGURES },
    { of: "metrics", price: "CloudWatch: a metric-month", count: assumed.idleMetrics },
    { of: "alarms", price: "CloudWatch: a dashboard-month", count: 1 },
    { of: "names", price: "Route 53: a zone-month", count: 1 },
    { of: "names", price: "Route 53: a health check by HTTPS, a month", count: 1 },
    ...request("health checks", assumed.healthChecksAMinute * MINUTES),
    // Sweep, watch, canary and health checks: all of them are below what Lambda samples.
    { of: "traces", price: "X-Ray: a million traces", count: ((3 + assumed.healthChecksAMinute) * MINUTES) / MILLION },
  ],
};

/** Usage is booked every 5 minutes; reports of cells carry all networks in one call. */
export const thousandNetworks: Bill = {
  title: "1,000 networks, a month, beside that",
  lines: [
    ...table("usage", counted["a booking of one network's usage"], (1_000 * MINUTES) / 5),
    { of: "storage", price: "DynamoDB: a GB-month, with point-in-time recovery", count: 1_000 * assumed.networkGb },
    ...as("customers, 1 request a network and minute", request("", 1_000 * MINUTES)),
    { of: "metrics", price: "CloudWatch: a metric-month", count: assumed.customerMetrics },
    // Lambda samples one a second, and a twentieth of the others.
    { of: "traces", price: "X-Ray: a million traces", count: ((60 + (1_000 - 60) / 20) * MINUTES) / MILLION },
  ],
};

export const oneProvision: Bill = { title: "One provision", lines: provision(1) };

/** A rollout of 1,000 networks is 1,000 changes of intent, each converged, and a row of its own for each that is written five times. */
export const oneRollout: Bill = {
  title: "One rollout over 1,000 networks",
  lines: [
    ...table("intents", counted["create: accepted"], 1_000),
    ...table("intents", counted["create: until ready"], 1_000),
    ...convergence("workflows", 1_000),
    ...table("targets", { write: 5 * 4, read: 5 * 4 }, 1_000),
    // A pass every 5 s for an hour, with some ten states each.
    { of: "passes", price: "Step Functions: a thousand transitions", count: (720 * 10) / 1_000 },
    ...lambda("passes", 720, 0.5 * 1),
  ],
};

/** Three nodes at least, one a zone; what customers' networks need comes on top. */
export const oneCell: Bill = {
  title: "One cell at its least, a month",
  lines: [
    { of: "cluster", price: "EKS: a cluster-hour", count: HOURS },
    { of: "nodes, 3", price: "EC2, m8g.large: an hour", count: 3 * HOURS },
    { of: "nodes, 3", price: "EBS, gp3: a GB-month", count: 3 * 64 },
    { of: "way out, 3 zones", price: "NAT gateway: an hour", count: 3 * HOURS },
    { of: "way out, 3 zones", price: "Public IPv4 address: an hour", count: 3 * HOURS },
    { of: "way in", price: "Network load balancer: an hour", count: HOURS },
    { of: "way in", price: "Public IPv4 address: an hour", count: 3 * HOURS },
    { of: "secrets", price: "KMS: a key-month", count: 1 },
  ],
};

export const bills: readonly Bill[] = [idle, thousandNetworks, oneProvision, oneRollout, oneCell];

export const costOf = ({ price, count }: Line): number => prices[price] * count;
export const totalOf = ({ lines }: Bill): number => lines.reduce((sum, line) => sum + costOf(line), 0);

/** Two digits of what is a dollar and more; of less, the two that say something. */
export const dollars = (amount: number): string =>
  amount >= 1 ? `$${amount.toFixed(2)}` : `$${Number(amount.toPrecision(2)).toFixed(amount >= 0.01 ? 3 : 6)}`;

const pageOf = (price: string): string => Object.entries(pages).find(([begin]) => price.startsWith(begin))?.[1] ?? "";

/** docs/costs.md, whole. */
export function costTable(): string {
  const sections = bills.map((bill) => {
    const parts = [...new Set(bill.lines.map(({ of }) => of))].map((of) => {
      const amount = bill.lines.filter((line) => line.of === of).reduce((sum, line) => sum + costOf(line), 0);
      return `| ${of} | ${dollars(amount)} |`;
    });
    return [`## ${bill.title}: ${dollars(totalOf(bill))}`, "", "| what | |", "|---|---|", ...parts].join("\n");
  });
  const listed = Object.entries(prices).map(([price, amount]) => `| ${price} | $${amount} | ${pageOf(price)} |`);
  const units = Object.entries(counted).map(([what, { write, read }]) => `| ${what} | ${write} | ${read} |`);
  return `${[
    "# What it costs",
    `Computed by \`node scripts/costs.ts\` from requests that tests count and from AWS's list prices in us-east-1 as they were known at
${PRICES_OF}, without free tiers, taxes and what leaves to the internet. Nothing here asks AWS: look at the pages below before you rely
on a sum. Each is what it costs at most by the counts; what is assumed where nothing can be
counted without an account is in \`infra/costs/cost-table.ts\`. Prices: \`infra/costs/prices.ts\`.`,
    ...sections,
    "## What is counted",
    ["| step | write units at most | read units at most |", "|---|---|---|", ...units].join("\n"),
    `## Prices of ${PRICES_OF}, and where they are today`,
    ["| price | US dollars | page |", "|---|---|---|", ...listed].join("\n"),
  ].join("\n\n")}\n`;
}
