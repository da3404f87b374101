import { writeFileSync } from "node:fs";
import { costTable } from "../infra/costs/cost-table.ts";

/** Writes docs/costs.md anew. */
writeFileSync(new URL("../docs/costs.md", import.meta.url), costTable());
