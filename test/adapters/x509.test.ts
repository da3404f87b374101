import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, type TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import { createCa, issueLeaf, namesOf, validityOf } from "#adapters/x509.ts";

const now = Date.UTC(2026, 10, 21, 12);
const DAY = 86_400_000;

describe("certificates", () => {
  const ca = createCa({ name: "test CA", now, days: 3_650 });

  it("are signed by their CA, which is one, and by no other", () => {
    const leaf = new X509Certificate(issueLeaf(ca, { names: ["a.test"], now, days: 90 }).certPem);
    const authority = new X509Certificate(ca.certPem);
    expect(authority.ca).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.checkIssued(authority)).toBe(true);
    expect(leaf.verify(authority.publicKey)).toBe(true);
    expect(leaf.verify(new X509Certificate(createCa({ name: "test CA", now, days: 1 }).certPem).publicKey)).toBe(false);
  });

  it("carry the names and the time they were asked for, and never outlive their CA", () => {
    const names = ["net-01.cell.test", "agent.cel_01", "127.0.0.1"];
    const { certPem } = issueLeaf(ca, { names, now, days: 90 });
    expect(namesOf(certPem)).toEqual(names);
    expect(validityOf(certPem).until).toBe(now + 90 * DAY);
    expect(validityOf(certPem).from).toBeLessThan(now);
    expect(validityOf(issueLeaf(ca, { names, now, days: 10_000 }).certPem).until).toBe(validityOf(ca.certPem).until);
  });

  it("can end after 2049, when the encoding of time changes", () => {
    const late = createCa({ name: "late", now, days: 10_000 });
    expect(validityOf(late.certPem).until).toBe(now + 10_000 * DAY);
  });

  it.each([
    ["the name it has", "net-01.cell.test", true],
    ["another name", "net-02.cell.test", false],
  ])("let a client in that asks for %s: %s", async (_, servername, accepted) => {
    const real = createCa({ name: "now", now: Date.now(), days: 2 });
    const leaf = issueLeaf(real, { names: ["net-01.cell.test"], now: Date.now(), days: 1 });
    const server = createServer({ cert: leaf.certPem, key: leaf.keyPem, minVersion: "TLSv1.3" }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const socket: TLSSocket = connect({ host: "127.0.0.1", port, servername, ca: real.certPem });
    const connected = await Promise.race([
      once(socket, "secureConnect").then(() => true),
      once(socket, "error").then(() => false),
    ]).catch(() => false);
    expect(connected).toBe(accepted);
    socket.destroy();
    server.close();
  });
});
