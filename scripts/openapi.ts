import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openApi } from "#core/api/openapi.ts";

/** `npm run openapi`: writes docs/openapi.json anew. A test fails while it differs from the routes. */
const file = join(import.meta.dirname, "../docs/openapi.json");
writeFileSync(file, `${JSON.stringify(openApi(), null, 2)}\n`);
spawnSync("biome", ["format", "--write", file], { stdio: "inherit" });
