import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { enrollErrors } from "#core/messages.ts";
import { bootstrap } from "../../edge/bootstrap.ts";
import { openDataFolder } from "../../edge/data-folder.ts";
import { type Peer, startPeer } from "./peer.ts";

const world = { now: Date.now, sleep: () => Promise.resolve(), progress: () => undefined };
let peer: Peer;
let folder: string;

beforeAll(async () => {
  peer = await startPeer();
});
afterAll(() => peer.stop());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cellplane-edge-"));
  Object.assign(peer.mood, { error: undefined, dropAnswers: 0, pending: false, clockMs: 0 });
  return () => rmSync(folder, { recursive: true, force: true });
});

const enrol = (options: { token?: string | undefined; tokenFile?: string } = {}, onFolder = folder) =>
  bootstrap(
    {
      files: openDataFolder(onFolder),
      settings: { name: "till-4", labels: { env: "prod" } },
      token: "token" in options ? options.token : peer.token(),
      tokenFile: options.tokenFile,
    },
    world,
  );

describe("bootstrap", () => {
  it("makes a node whose files are its own, and keeps no trace of the token", async () => {
    const tokenFile = join(folder, "token");
    writeFileSync(tokenFile, peer.token());
    const { identity } = await enrol({ token: readFileSync(tokenFile, "utf8"), tokenFile });
    expect(identity).toMatchObject({ status: "active", workspace: "default", name: "till-4" });
    expect(existsSync(tokenFile)).toBe(false);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder).filter((file) => statSync(join(folder, file)).isFile())) {
      expect([name, statSync(join(folder, name)).mode & 0o777]).toEqual([name, 0o600]);
      expect(readFileSync(join(folder, name), "utf8")).not.toMatch(/c2VjcmV0|cpt1_/);
    }
    expect(peer.seen.enrolments.at(-1)).toMatchObject({ labels: { env: "prod" }, name: "till-4", secret: "c2VjcmV0" });
  });

  it("stays the same node when it is repeated", async () => {
    const first = await enrol();
    const again = await enrol();
    const bare = await enrol({ token: undefined });
    expect([again.identity.node, bare.identity.node]).toEqual([first.identity.node, first.identity.node]);
  });

  it("stays the same node when the answer is lost", async () => {
    peer.mood.dropAnswers = 1;
    const before = peer.seen.nodes.size;
    await expect(enrol()).rejects.toMatchObject({ kind: "unreachable" });
    await enrol();
    expect(peer.seen.nodes.size).toBe(before + 1);
  });

  it.each(["identity.json", "nats.jwt", "ca.pem"])(
    "stays the same node when it is killed before %s is written",
    async (lost) => {
      const first = await enrol();
      rmSync(join(folder, lost));
      const again = await enrol();
      expect(again.identity.node).toBe(first.identity.node);
      expect(existsSync(join(folder, lost))).toBe(true);
    },
  );

  it("enrols by the server's clock when its own is a day off", async () => {
    peer.mood.clockMs = 86_400_000;
    const { identity } = await enrol();
    expect(Math.abs(identity.clockOffsetMs - 86_400_000)).toBeLessThan(10_000);
  });

  it("waits for approval without the token, also after a restart", async () => {
    peer.mood.pending = true;
    const waiting = bootstrap(
      { files: openDataFolder(folder), settings: { labels: {} }, token: peer.token(), tokenFile: undefined },
      { ...world, sleep: () => Promise.reject(new Error("killed")) },
    );
    await expect(waiting).rejects.toThrow("killed");
    peer.mood.pending = false;
    const enrolments = peer.seen.enrolments.length;
    const { identity } = await enrol({ token: undefined });
    expect([identity.status, peer.seen.enrolments.length]).toEqual(["active", enrolments]);
  });

  it("refuses the token of another workspace in a folder that has a node", async () => {
    await enrol();
    await expect(enrol({ token: peer.token({ w: "other" }) })).rejects.toThrow(/of workspace default/);
  });

  it.each(enrollErrors.filter((code) => code !== "rate_limited" && code !== "clock_skew"))(
    "says what to do about %s",
    async (code) => {
      peer.mood.error = code;
      await expect(enrol()).rejects.toMatchObject({ kind: "refused", code, next: expect.stringMatching(/.{20,}/) });
      expect(existsSync(join(folder, "identity.json"))).toBe(false);
    },
  );

  it.each([
    ["", "is empty"],
    ["hello", "not a bootstrap token"],
    ["cpk_0123456789ab_secret", "an API key"],
    ["cpj_secret", "a cell's join token"],
    ["cpt1_", "characters that no token has"],
    ["cpt1_a b", "characters that no token has"],
    ["cpt1_e30", "cut off or altered"],
    [`cpt1_${Buffer.from('{"u":"http://127.0.0.1:1","w":"w","i":"i"').toString("base64url")}`, "cut off or altered"],
    [tokenTo("http://example.com"), "plain http at example.com"],
    [tokenTo("ftp://example.com"), "no address"],
    [tokenTo("https://example.com", "short"), "cut off or altered"],
  ])("refuses the token %j before it sends anything", async (token, says) => {
    await expect(enrol({ token })).rejects.toMatchObject({ kind: "usage", message: expect.stringContaining(says) });
    expect(existsSync(join(folder, "node.key"))).toBe(false);
  });

  it("needs a token where there is no node", async () => {
    await expect(enrol({ token: undefined })).rejects.toMatchObject({ kind: "usage" });
  });
});

function tokenTo(u: string, p?: string): string {
  return `cpt1_${Buffer.from(JSON.stringify({ u, w: "w", i: "i", s: "s", p })).toString("base64url")}`;
}
