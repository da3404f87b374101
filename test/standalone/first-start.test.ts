import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { nodeSecrets } from "#adapters/secrets.ts";
import { type SqliteStore, sqliteStore } from "#adapters/sqlite.ts";
import { firstStart } from "../../standalone/control-plane/first-start.ts";
import { anApi, type CallApi } from "../an-api.ts";
import { aControlPlane, type TestControlPlane } from "../control-plane.ts";

describe("the first start on one machine", () => {
  let plane: TestControlPlane;
  let store: SqliteStore;
  let data: string;
  let call: CallApi;
  beforeEach(async () => {
    data = mkdtempSync(join(tmpdir(), "cellplane-"));
    plane = await aControlPlane();
    store = sqliteStore(":memory:");
    call = anApi({ deps: { ...plane.deps, store } });
  });
  afterEach(async () => {
    store.close();
    await plane.close();
    rmSync(data, { recursive: true });
  });
  const start = async () => {
    await firstStart({ ...plane.deps, store, secrets: nodeSecrets(new Uint8Array(32)) }, data);
    return readFileSync(join(data, "admin-key"), "utf8").trim();
  };
  const me = async (bearer: string) => (await call("GET", "/v1/me", { bearer })).json;

  it("makes an operator's key, which is owner of the organization `default`, for its owner's eyes alone", async () => {
    const key = await start();
    expect(await me(key)).toMatchObject({ platform: true, organizations: [{ slug: "default", role: "owner" }] });
    expect(statSync(join(data, "admin-key")).mode & 0o777).toBe(0o600);
  });

  it("changes nothing when it comes again", async () => {
    const key = await start();
    expect(await start()).toBe(key);
    expect((await call("GET", "/v1/orgs/default/keys", { bearer: key })).json.items).toHaveLength(1);
  });

  it("finds the organization when it is called otherwise by now", async () => {
    const key = await start();
    await call("PATCH", "/v1/orgs/default", { bearer: key, body: { slug: "ours" }, headers: { "if-match": "*" } });
    expect(await start()).toBe(key);
    rmSync(join(data, "admin-key"));
    expect(await me(await start())).toMatchObject({ organizations: [{ slug: "ours" }] });
  });

  it.each([
    ["lost", () => rmSync(join(data, "admin-key"))],
    ["damaged", () => writeFileSync(join(data, "admin-key"), "cpk_")],
  ])("makes another key where the file is %s", async (_what, happen) => {
    const key = await start();
    happen();
    const another = await start();
    expect(another).not.toBe(key);
    expect(await me(another)).toMatchObject({ platform: true });
  });

  it("makes another key where the old one was revoked", async () => {
    const key = await start();
    await call("DELETE", `/v1/orgs/default/keys/${key.slice(0, 16)}`, { bearer: key, headers: { "if-match": "*" } });
    expect(await me(await start())).toMatchObject({ platform: true });
  });

  it("keeps the organization that has the operators' keys from being deleted", async () => {
    const key = await start();
    const deleted = await call("DELETE", "/v1/orgs/default", { bearer: key, headers: { "if-match": "*" } });
    expect(deleted).toMatchObject({ status: 409, json: { type: "urn:cellplane:not-possible-now" } });
    expect(await me(key)).toMatchObject({ platform: true });
  });
});
