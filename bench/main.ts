import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** `npm run bench [-- NAME…]`: runs the benchmarks one after the other; each prints its figures and compares as ratios. */
const benches = {
  "one-network": "create to connectable, API answers, start, memory of each kind of process",
  monitor: "watching 1,000 networks in 10 cells; a sweep with nothing due; placement over 1,000 cells",
  api: "get, create and list through the whole handler",
  pipeline: "file to file through the edge's engine, against a plain loop",
  rollout:
    "planning and one advance over 10,000 targets, in memory and stored; creates meanwhile; 300 networks simulated",
  "rollout-real":
    "20 real networks with connected nodes from one release to the next; commands; a release that crashes",
  "cell-agent": "1,000 networks on a real API server: needs TEST_KUBECONFIG and TEST_KUBE_AUDIT_LOG",
  kube: "create to connectable on a real cluster, memory of its pods: needs what the suite kube needs",
} as const;

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in benches));
if (unknown.length > 0 || asked.includes("--help")) {
  for (const [name, what] of Object.entries(benches)) console.log(`${name.padEnd(14)}${what}`);
  process.exit(asked.includes("--help") ? 0 : 2);
}
for (const name of asked.length > 0 ? asked : Object.keys(benches)) {
  console.log(`\n# ${name}: ${benches[name as keyof typeof benches]}`);
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, `${name}.ts`)], { stdio: "inherit" });
  if (status !== 0) process.exitCode = 1;
}
