import { readFile } from "node:fs/promises";
import { Hono } from "hono";

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>cellplane API</title>
    <link rel="icon" href="data:,">
  </head>
  <body>
    <div id="reference"></div>
    <noscript>The reference needs JavaScript. What it shows is at <a href="/openapi.json">/openapi.json</a>.</noscript>
    <script src="/docs/reference.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

/** Nothing is fetched from, or sent to, anybody but us. */
const start = `Scalar.createApiReference("#reference", {
  url: "/openapi.json",
  withDefaultFonts: false,
  telemetry: false,
  showDeveloperTools: "never",
  hideClientButton: true,
  agent: { disabled: true },
  mcp: { disabled: true },
});
`;

/** Scripts from us alone; the reference lays its styles into the page itself. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const headers = (type: string) => ({
  "content-type": `${type}; charset=utf-8`,
  "content-security-policy": policy,
  "cache-control": "public, max-age=300",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
});

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
