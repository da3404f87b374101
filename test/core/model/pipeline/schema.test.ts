import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { normalise, parsePipeline } from "#core/model/pipeline/schema.ts";
import { bytesOf } from "#core/model/pipeline/sizes.ts";

const good = {
  v: 1,
  name: "access-logs",
  inputs: [{ id: "nginx", file: { paths: ["/var/log/nginx/*.log"], start: "end" } }],
  processors: [
    { parse: { format: "json" } },
    { filter: 'e.level != "debug"', onError: "drop" },
    { map: { set: { svc: "e.service" }, keep: ["http"] } },
  ],
  outputs: [
    {
      id: "hot",
      when: "e.http.status >= 500",
      http: { url: "https://in.example.com/logs" },
      batch: { events: 10, bytes: "1MiB", age: "1s" },
    },
    { id: "all", file: { path: '"/data/" + e.svc + ".jsonl"', rotate: { size: "64MiB", keep: 10 } } },
  ],
  route: "all",
  limits: { inFlight: "8MiB", eventBytes: "256KiB" },
  health: { deadline: "2m", maxErrorRate: 0.05, maxLag: "10m" },
};

/** A copy with one member replaced, or removed where `value` is undefined. */
function changed(path: (string | number)[], value: unknown): unknown {
  const copy = structuredClone(good) as unknown as Record<string | number, unknown>;
  const last = path.at(-1) ?? "";
  let at = copy;
  for (const part of path.slice(0, -1)) at = at[part] as Record<string | number, unknown>;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}
const pathsOf = (value: unknown) => parsePipeline(value).errors?.map(({ path }) => path);

it("takes a document as it was written", () => {
  expect(parsePipeline(good)).toEqual({ document: good });
});

it("takes YAML and JSON alike, and hashes them alike", () => {
  const yaml = parsePipeline(parse("{name: p, outputs: [{id: o, stdout: {}}], inputs: [{stdin: {}, id: i}], v: 1}"));
  const json = parsePipeline({ v: 1, name: "p", inputs: [{ id: "i", stdin: {} }], outputs: [{ id: "o", stdout: {} }] });
  if (yaml.errors || json.errors) throw new Error("both are valid");
  expect(normalise(yaml.document)).toBe(normalise(json.document));
  expect(normalise(json.document)).toBe(
    '{"inputs":[{"id":"i","stdin":{}}],"name":"p","outputs":[{"id":"o","stdout":{}}],"v":1}',
  );
});

describe("names the field that is wrong", () => {
  it.each<[(string | number)[], unknown, string]>([
    [["v"], 2, "v"],
    [["v"], undefined, "v"],
    [["name"], "No Spaces", "name"],
    [["inputs"], [], "inputs"],
    [["inputs"], undefined, "inputs"],
    [["inputs", 0], "file", "inputs[0]"],
    [["inputs", 0, "id"], undefined, "inputs[0].id"],
    [["inputs", 0, "file"], undefined, "inputs[0]"],
    [["inputs", 0, "fiel"], {}, "inputs[0].fiel"],
    [["inputs", 0, "stdin"], {}, "inputs[0]"],
    [["inputs", 0, "file", "paths"], ["relative.log"], "inputs[0].file.paths[0]"],
    [["inputs", 0, "file", "start"], "middle", "inputs[0].file.start"],
    [["inputs", 0, "file", "follow"], true, "inputs[0].file.follow"],
    [["processors", 0, "parse", "format"], "grok", "processors[0].parse.format"],
    [["processors", 1, "filter"], 5, "processors[1].filter"],
    [["processors", 1, "onError"], "ignore", "processors[1].onError"],
    [["processors", 2, "map"], {}, "processors[2].map"],
    [["processors", 2, "map", "keep"], ["__proto__"], "processors[2].map.keep[0]"],
    [["processors", 0], { redact: {} }, "processors[0].redact"],
    [["outputs", 0, "http", "url"], "ftp://x", "outputs[0].http.url"],
    [["outputs", 0, "http", "url"], "https://user:word@x/", "outputs[0].http.url"],
    [["outputs", 0, "http", "auth"], { bearer: "plain" }, "outputs[0].http.auth.bearer"],
    [["outputs", 0, "batch", "bytes"], "1MB", "outputs[0].batch.bytes"],
    [["outputs", 0, "buffer"], { type: "disk" }, "outputs[0].buffer"],
    [["outputs", 1, "onError"], "pass", "outputs[1].onError"],
    [["outputs", 1, "batch"], {}, "outputs[1].batch"],
    [["outputs", 1, "id"], "hot", "outputs[1].id"],
    [["outputs", 1, "when"], "e.a", "unmatched"],
    [["limits", "inFlight"], "1KiB", "limits.inFlight"],
    [["health", "maxErrorRate"], 2, "health.maxErrorRate"],
    [["health", "deadline"], "soon", "health.deadline"],
    [["extra"], 1, "extra"],
  ])("%j = %j", (path, value, expected) => {
    expect(pathsOf(changed(path, value))).toContain(expected);
  });

  it("all of them, not only the first", () => {
    const value = { ...good, v: 2, inputs: [{ id: "X", file: { paths: [] } }] };
    expect(pathsOf(value)).toEqual(["v", "inputs[0].id", "inputs[0].file.paths"]);
  });
});

it("answers anything at all with a document or errors, and never throws", () =>
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const { errors } = parsePipeline(value);
      expect(errors && errors.length > 0).toBe(true);
    }),
  ));

it.each([
  [65536, 65536],
  ["1B", 1],
  ["64KiB", 65536],
  ["8MiB", 8388608],
  ["2GiB", 2147483648],
])("%s is %d bytes", (size, bytes) => {
  expect(bytesOf(size)).toBe(bytes);
});
