import { readFile } from "node:fs/promises";
import { Hono } from "hono";
import { referenceHeaders as headers, page, start } from "../../functions/reference-page.ts";

/** GET /docs: the interactive reference, made by the reader's browser of /openapi.json with this script. */
export function referencePage(script: string): Hono {
  const app = new Hono();
  app.get("/docs", (c) => c.body(page, 200, headers("text/html")));
  app.get("/docs/start.js", (c) => c.body(start, 200, headers("text/javascript")));
  app.get("/docs/reference.js", async (c) => {
    return c.body(await readFile(script, "utf8"), 200, headers("text/javascript"));
  });
  return app;
}
