import { describe, expect, it } from "vitest";
import { readOptions } from "../../standalone/options.ts";

describe("the options of npm start", () => {
  it.each([
    ["nothing said", [], {}, { port: undefined, sfnPort: undefined, data: ".cellplane", cells: 2 }],
    [
      "flags",
      ["--port", "0", "--sfn-port", "4701", "--data", "/d", "--cells", "3"],
      {},
      { port: 0, sfnPort: 4701, data: "/d", cells: 3 },
    ],
    [
      "the environment",
      [],
      { CELLPLANE_PORT: "4700", CELLPLANE_SFN_PORT: "0", CELLPLANE_DATA: "/e", CELLPLANE_CELLS: "1" },
      { port: 4700, sfnPort: 0, data: "/e", cells: 1 },
    ],
    [
      "flags over the environment",
      ["--port=4701"],
      { CELLPLANE_PORT: "4700" },
      { port: 4701, sfnPort: undefined, data: ".cellplane", cells: 2 },
    ],
    [
      "an empty environment",
      [],
      { CELLPLANE_PORT: "", CELLPLANE_DATA: "" },
      { port: undefined, sfnPort: undefined, data: ".cellplane", cells: 2 },
    ],
  ])("%s", (_name, args, environment, options) => {
    expect(readOptions(args, environment)).toEqual({ kind: "start", options });
  });

  it.each([
    ["an unknown flag", ["--prot", "4600"], /--prot/],
    ["a port for Step Functions that is none", ["--sfn-port", "x"], /--sfn-port must be/],
    ["one port for both APIs", ["--port", "4700", "--sfn-port", "4700"], /--sfn-port must be another/],
    ["a word too many", ["now"], /now/],
    ["a port that is none", ["--port", "http"], /--port must be/],
    ["a port too high", ["--port", "65536"], /--port must be/],
    ["a negative port", ["--port=-1"], /--port must be/],
    ["no cells", ["--cells", "0"], /--cells must be/],
    ["too many cells", ["--cells", "17"], /--cells must be/],
    ["no directory", ["--data", ""], /--data must/],
  ])("refuses %s", (_name, args, message) => {
    expect(readOptions(args, {})).toMatchObject({ kind: "usage", message: expect.stringMatching(message) });
  });

  it("explains itself", () => {
    expect(readOptions(["--help"], {})).toEqual({ kind: "help" });
  });
});
