import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { choosePorts, stillFree } from "../../../standalone/supervisor/choose-port.ts";
import { openDataFolder } from "../../../standalone/supervisor/data-folder.ts";
import { openLogFile } from "../../../standalone/supervisor/log-file.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cellplane-data-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("a data directory", () => {
  it("is made for its owner alone", () => {
    const { path, release } = openDataFolder(join(root, "a", "b"));
    expect(path).toBe(join(root, "a", "b"));
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect(JSON.parse(readFileSync(join(path, "version.json"), "utf8"))).toEqual({ format: 1 });
    release();
  });

  it("belongs to one at a time", () => {
    const first = openDataFolder(root);
    expect(() => openDataFolder(root)).toThrow(/in use by another cellplane/);
    first.release();
    openDataFolder(root).release();
  });

  it.each([
    ["a newer format", '{"format":2}', /newer cellplane \(format 2; this one knows 1\)/],
    ["an unreadable format", "garbage", /cannot be read/],
  ])("is refused with %s, and left as it is", (_name, text, message) => {
    writeFileSync(join(root, "version.json"), text);
    expect(() => openDataFolder(root)).toThrow(message);
    expect(readFileSync(join(root, "version.json"), "utf8")).toBe(text);
    writeFileSync(join(root, "version.json"), '{"format":1}');
    openDataFolder(root).release();
  });

  it("cannot be a file", () => {
    writeFileSync(join(root, "file"), "");
    expect(() => openDataFolder(join(root, "file"))).toThrow(expect.objectContaining({ code: "EEXIST" }));
  });
});

describe("the ports of the APIs", () => {
  it("are picked once and kept, whoever asks how", async () => {
    const picked = await choosePorts(root, { port: 0, sfnPort: 0 });
    expect(picked.port).toBeGreaterThan(1_024);
    expect(picked.sfnPort).toBeGreaterThan(1_024);
    expect(picked.sfnPort).not.toBe(picked.port);
    expect(await choosePorts(root, { port: 0, sfnPort: 0 })).toEqual(picked);
    expect(await choosePorts(root, { port: undefined, sfnPort: undefined })).toEqual(picked);
  });

  it("are both free ones when the API is moved away from its usual port", async () => {
    const { sfnPort } = await choosePorts(root, { port: 0, sfnPort: undefined });
    expect(sfnPort).not.toBe(4601);
    expect(await choosePorts(root, { port: undefined, sfnPort: undefined })).toMatchObject({ sfnPort });
  });

  it("are refused with one line when somebody else has one, which names the option", async () => {
    await using other = await listening();
    const line = `Port ${other.port} on 127.0.0.1 is taken by another program. End that one, or choose another with`;
    await expect(choosePorts(root, { port: other.port, sfnPort: 0 })).rejects.toThrow(`${line} --port.`);
    await expect(choosePorts(root, { port: 0, sfnPort: other.port })).rejects.toThrow(`${line} --sfn-port.`);
  });

  it("are never the same", async () => {
    const { port } = await choosePorts(root, { port: 0, sfnPort: 0 });
    await expect(choosePorts(root, { port: undefined, sfnPort: port })).rejects.toThrow("cannot serve both");
  });

  it("of a cell gives way when somebody else has it", async () => {
    await using other = await listening();
    const [kept, moved] = await stillFree([other.free, other.port]);
    expect(kept).toBe(other.free);
    expect(moved).not.toBe(other.port);
  });
});

describe("a log file", () => {
  it("never grows beyond its limit, and keeps the part before", () => {
    const file = join(root, "x.log");
    const log = openLogFile(file, 10);
    for (const line of ["one\n", "two\n", "three\n", "four\n"]) log.write(line);
    log.close();
    expect(readFileSync(`${file}.1`, "utf8")).toBe("one\ntwo\nthree\n");
    expect(readFileSync(file, "utf8")).toBe("four\n");
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

/** A port that is taken, and one that is free. */
async function listening() {
  const open = async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return { server, port: (server.address() as { port: number }).port };
  };
  const [taken, free] = [await open(), await open()];
  await new Promise((resolve) => free.server.close(resolve));
  return {
    port: taken.port,
    free: free.port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => taken.server.close(() => resolve())),
  };
}
