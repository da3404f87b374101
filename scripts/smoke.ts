import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { planOf, type Trial, warningOf } from "./smoke/plan.ts";
import { type Ended, takeSteps } from "./smoke/run.ts";

const USAGE =
  "node scripts/smoke.ts --region <region> --domain <domain> --zone <hosted zone id> --images <registry> --certificates <e-mail> [--dry-run | --yes]";

const names = ["region", "domain", "zone", "images", "certificates"] as const;

/** Tries a deploy in a real account: says what it costs, asks for --yes, deploys, runs the canary, destroys. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      ...Object.fromEntries(names.map((name) => [name, { type: "string" as const }])),
      yes: { type: "boolean", default: false },
      "dry-run": { type: "boolean", default: false },
    },
  });
  const given: Readonly<Record<string, string | boolean | undefined>> = values;
  const missing = names.filter((name) => typeof given[name] !== "string");
  if (missing.length > 0) {
    process.stderr.write(`${missing.map((name) => `--${name}`).join(", ")} missing. ${USAGE}\n`);
    return 2;
  }
  const text = (name: keyof Trial) => String(given[name]);
  const trial: Trial = {
    region: text("region"),
    domain: text("domain"),
    zone: text("zone"),
    images: text("images"),
    certificates: text("certificates"),
  };
  const steps = planOf(trial);
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  say(warningOf(trial));
  if (given["dry-run"]) {
    for (const { what, command } of steps) say(`${what}: ${command.join(" ")}`);
    return 0;
  }
  if (!given.yes) {
    process.stderr.write("Nothing was done. Say --yes to do it, or --dry-run to see each step.\n");
    return 2;
  }
  return (await takeSteps(steps, { say, run })) ? 0 : 1;
}

const run = ([program, ...args]: readonly [string, ...string[]]): Promise<Ended> =>
  new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ["inherit", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk;
      process.stdout.write(chunk);
    });
    child.on("error", ({ message }) => {
      process.stderr.write(`${program} cannot be run: ${message}\n`);
      resolve({ code: 127, output });
    });
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}. ${USAGE}\n`);
  process.exitCode = 2;
}
