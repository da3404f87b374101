import { readFileSync } from "node:fs";

/** How every entry begins. */
const ENTRY = '{"kind":"Event"';

/** The entry that ends a line: an API server that was killed leaves half of one, and the next server writes on behind it. */
export const entryOf = (line: string): string => line.slice(Math.max(0, line.lastIndexOf(ENTRY)));

/** All that the API server of this suite has finished writing, an entry each. */
export const auditedEntries = (): string[] =>
  readFileSync(process.env.TEST_KUBE_AUDIT_LOG ?? "", "utf8")
    .split("\n")
    .slice(0, -1)
    .map(entryOf);
