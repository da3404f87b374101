import { parseArgs } from "node:util";
import { restoreBackup } from "./backup/restore-backup.ts";
import { lineOf } from "./start-failure.ts";

const usage = `Usage: npm run restore -- --from DIR [--data DIR]

Makes the control plane's part of a data directory (--data, or CELLPLANE_DATA; .cellplane) from a backup. It must have no
intent store; what it has of cells stays. After the next start cells are surveyed, and what they run that the backup does
not know is taken over from them. End the control plane that was before: cells take the word of this one from then on.
`;

/** `npm run restore`. Exit codes: 0 done, 1 refused, 2 usage. */
async function main(): Promise<void> {
  const { from, data } = read();
  const { epoch } = await restoreBackup({ from, data });
  process.stdout.write(`${data} restored from ${from}, at epoch ${epoch}\n`);
}

function read(): { from: string; data: string } {
  try {
    const { values } = parseArgs({ options: { from: { type: "string" }, data: { type: "string" } } });
    if (values.from) return { from: values.from, data: values.data ?? process.env.CELLPLANE_DATA ?? ".cellplane" };
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
