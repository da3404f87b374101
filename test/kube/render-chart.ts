import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";

const chart = join(import.meta.dirname, "../../cell-agent/chart");

type Values = { readonly [name: string]: unknown };

/** The chart's own values. */
export const chartValues = (): Values => parse(readFileSync(join(chart, "values.yaml"), "utf8"));

/**
 * What `helm template` makes of the agent's chart. Its templates keep to four things: a value, `quote`, `toJson`, and `if` without
 * nesting; anything else fails here. So the suite needs no helm.
 */
export function renderChart(values: Values): object[] {
  const all = merged(chartValues(), values);
  const templates = readdirSync(join(chart, "templates")).map((file) =>
    readFileSync(join(chart, "templates", file), "utf8"),
  );
  return templates.flatMap((template) =>
    parseAllDocuments(rendered(template, all)).map((document) => document.toJS() as object),
  );
}

function rendered(template: string, values: Values): string {
  const valueAt = (path: string): unknown =>
    path
      .replace(/^\.Values\./, "")
      .split(".")
      .reduce<unknown>((within, name) => (within as Values)[name], values);
  const text = template
    .replace(/\n\s*\{\{- if (\S+) \}\}([\s\S]*?)\n\s*\{\{- end \}\}/g, (_all, path: string, then: string) =>
      valueAt(path) ? then : "",
    )
    .replace(/\{\{ (\.\S+)(?: \| (quote|toJson))? \}\}/g, (_all, path: string, how?: string) => {
      const value = valueAt(path);
      if (value === undefined) throw new Error(`The chart asks for ${path}, which its values lack.`);
      return how === "quote" ? JSON.stringify(String(value)) : how === "toJson" ? JSON.stringify(value) : String(value);
    });
  if (text.includes("{{")) throw new Error(`The chart does what the suite cannot: ${/\{\{[^}]*/.exec(text)?.[0]}`);
  return text;
}

const isMap = (value: unknown): value is Values => typeof value === "object" && value !== null && !Array.isArray(value);

/** As helm lays given values over the chart's. */
const merged = (under: Values, over: Values): Values =>
  Object.fromEntries(
    [...new Set([...Object.keys(under), ...Object.keys(over)])].map((name) => {
      const [below, above] = [under[name], over[name]];
      return [name, above === undefined ? below : isMap(below) && isMap(above) ? merged(below, above) : above];
    }),
  );
