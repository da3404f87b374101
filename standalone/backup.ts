import { parseArgs } from "node:util";
import { takeBackup } from "./backup/take-backup.ts";
import { lineOf } from "./start-failure.ts";

const usage = `Usage: npm run backup -- --to DIR [--data DIR]

Copies the control plane's intent store and keys into a new folder, while cellplane runs or not. Whoever has that folder
has the keys: keep it as safe as the data directory (--data, or CELLPLANE_DATA; .cellplane). Cells keep their own data.
`;

/** `npm run backup`. Exit codes: 0 done, 1 refused, 2 usage. */
async function main(): Promise<void> {
  const { to, data } = read();
  await takeBackup({ data, to });
  process.stdout.write(`backup written to ${to}\n`);
}

function read(): { to: string; data: string } {
  try {
    const { values } = parseArgs({ options: { to: { type: "string" }, data: { type: "string" } } });
    if (values.to) return { to: values.to, data: values.data ?? process.env.CELLPLANE_DATA ?? ".cellplane" };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  }
  process.stderr.write(usage);
  return process.exit(2);
}

main().catch((error: unknown) => {
  process.stderr.write(`${lineOf(error)}\n`);
  process.exit(1);
});
