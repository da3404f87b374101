import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { referenceHandler } from "../reference.ts";

/** Beside the bundle, where the build has put it. */
const script = join(import.meta.dirname, "reference.js.gz");

export const handler = referenceHandler(() => readFile(script));
