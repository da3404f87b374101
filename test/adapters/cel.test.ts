import { execFileSync } from "node:child_process";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { checkExpressions, compileFilter, compileMap, compileText, type Scope } from "#adapters/cel.ts";
import type { PipelineDocument } from "#core/model/pipeline/document.ts";

const scope = (e: unknown): Scope => ({
  e,
  meta: { input: "nginx", path: "/var/log/a.log", offset: 7, time: new Date("2026-01-02T03:04:05.678Z") },
  node: { id: "nod_1", labels: { site: "berlin" } },
});
const computed = (source: string, e: unknown) => compileMap({ set: { r: source }, keep: [] }, 10_000)(scope(e)).r;
const big = 9007199254740993n;

describe("numbers of JSON and literals meet", () => {
  it.each([
    ["e.a + 1", { a: 1 }, 2],
    ["1 + e.a", { a: 1 }, 2],
    ["e.a - 1", { a: 0.5 }, -0.5],
    ["e.ms / 1000", { ms: 1500 }, 1.5],
    ["e.a % 3", { a: 7 }, 1],
    ["size(e.l) * e.a", { l: [1, 2], a: 4 }, 8],
    ["e.big + 1", { big }, 9007199254740994n],
    ["e.big", { big }, big],
    ["e.big > e.a", { big, a: 3 }, true],
    ["e.a == 1", { a: 1 }, true],
    ["meta.offset + 1", {}, 8],
  ])("%s", (source, event, expected) => {
    expect(computed(source, event)).toEqual(expected);
  });
});

describe("a value becomes plain JSON", () => {
  it.each([
    ["meta.time", "2026-01-02T03:04:05.678Z"],
    ['duration("90s")', "90s"],
    ['bytes("ab")', "YWI="],
    ["node.labels.site", "berlin"],
    ["{'a': [1, 2u]}", { a: [1, 2] }],
    ["e.?missing", undefined],
    ["e.?missing.orValue(0)", 0],
    ["has(e.missing)", false],
  ])("%s", (source, expected) => {
    expect(computed(source, {})).toEqual(expected);
  });
});

describe("an event can fail an expression", () => {
  it.each([
    ["e.missing", {}, /missing/],
    ["e.constructor", {}, /constructor/],
    ["e.__proto__", {}, /__proto__/],
    ["e.toString", {}, /toString/],
    ["1.0 / e.zero", { zero: 0 }, /finite/],
    ["node.labels.rack", {}, /rack/],
    ["e.l.map(x, e.text)", { l: Array(100).fill(0), text: "x".repeat(1000) }, /eventBytes/],
  ])("%s", (source, event, message) => {
    expect(() => computed(source, event)).toThrow(message);
  });

  it("a filter that gives no boolean is an error, never false", () => {
    expect(() => compileFilter("e.a")(scope({ a: 1 }))).toThrow("neither true nor false");
  });

  it("a key that only looks special is an ordinary field", () => {
    const event = JSON.parse('{"__proto__": {"polluted": true}, "a": 1}') as unknown;
    const result = compileMap({ set: { b: "e.a" } }, 1000)(scope(event));
    expect(JSON.stringify(result)).toBe('{"__proto__":{"polluted":true},"a":1,"b":1}');
    expect("polluted" in result).toBe(false);
  });
});

describe("an expression is refused when it is compiled", () => {
  const compiles = {
    filter: compileFilter,
    text: compileText,
    value: (source: string) => compileMap({ set: { r: source } }, 1),
  };
  it.each([
    ["unknown variable", "filter", "event.a == 1", /Unknown variable: event/],
    ["unknown member of meta", "value", "meta.line", /`meta` has input, path, offset, time/],
    ["syntax", "filter", "e.a ==", /in `e.a ==`/],
    ["no boolean", "filter", "'a' + 'b'", /must give true or false/],
    ["no text", "text", "1 + 2", /must give a text/],
    ["wrong types", "value", "'x' + 1", /no such overload/],
    ["nested list steps", "value", "e.l.map(x, e.l.map(y, y))", /quadratic/],
    ["membership in a list step", "value", "e.l.filter(x, x in e.l)", /quadratic/],
    ["joined copies", "value", "e.l.map(x, e.text).join('')", /multiplies/],
    ["more than 500 nodes", "value", Array(300).fill("e.a").join(" + "), /maxAstNodes|[Ee]xceeded/],
    ["computed pattern", "filter", "e.a.matches(e.b)", /literal/],
    ["lookahead", "filter", "e.a.matches('^(?=a)')", /lookaround/],
    ["lookbehind", "filter", "e.a.matches('(?<!a)b')", /lookaround/],
    ["backreference", "filter", "e.a.matches(r'(a)\\1')", /backreferences/],
    ["named backreference", "filter", "e.a.matches(r'(?<x>a)\\k<x>')", /backreferences/],
    ["inline flags", "filter", "e.a.matches('(?i:a+)+')", /inline flags/],
    ["counted repetition beyond the linear engine", "filter", "e.a.matches('^(a{1,17})+$')", /above 16/],
    ["nested counted repetition", "filter", "e.a.matches('^((a{5}){5})+$')", /above 16/],
    ["broken pattern", "filter", "e.a.matches('(')", /Unterminated/],
    ["__proto__ as a key", "value", "{'__proto__': 1}", /__proto__/],
  ] as const)("%s", (_name, kind, source, message) => {
    expect(() => compiles[kind](source)).toThrow(message);
  });

  it.each(["'^(?:a|b)[(?=]+$'", "r'^\\d{4}-\\d{2}-\\d{2}T'", "r'\\(\\?=x'", "'^[a-z]{1,16}$'"])(
    "the pattern %s passes",
    (pattern) => {
      expect(() => compileFilter(`e.a.matches(${pattern})`)).not.toThrow();
    },
  );

  it("__proto__ cannot be set", () => {
    expect(() => compileMap({ set: { ["__proto__"]: "1" } }, 1)).toThrow("__proto__");
  });
});

it("the set of a map reads the event as it was before", () => {
  expect(compileMap({ set: { a: "e.b", b: "e.a" } }, 1000)(scope({ a: 1, b: 2 }))).toEqual({ a: 2, b: 1 });
});

it("names each expression that does not compile by its field", () => {
  const document: PipelineDocument = {
    v: 1,
    name: "p",
    inputs: [{ id: "i", stdin: {} }],
    processors: [{ filter: "nope" }, { map: { set: { ok: "e.a", bad: "e." } } }],
    outputs: [
      { id: "a", when: "1", file: { path: "'/x/' + e.y" } },
      { id: "b", file: { path: "1 + 1" } },
    ],
  };
  expect(checkExpressions(document).map(({ path }) => path)).toEqual([
    "processors[0].filter",
    "processors[1].map.set.bad",
    "outputs[0].when",
    "outputs[1].file.path",
  ]);
});

describe("the boot test of the regular-expression engine", () => {
  const judge = (...flags: string[]) =>
    execFileSync(
      process.execPath,
      [
        ...flags,
        "--input-type=module",
        "-e",
        "const { regexEngineIsLinear } = await import(process.argv[1]); console.log(regexEngineIsLinear(() => performance.now()));",
        resolve(import.meta.dirname, "../../adapters/cel/pattern.ts"),
      ],
      { encoding: "utf8" },
    ).trim();

  it("tells a process with the flag from one without", () => {
    expect([judge("--enable-experimental-regexp-engine-on-excessive-backtracks"), judge()]).toEqual(["true", "false"]);
  });
});
