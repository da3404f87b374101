import { describe, expect, it } from "vitest";
import { globPattern, isPublic, mayDial, mayRead, mayWrite } from "../../../edge/engine/policy.ts";

describe("a glob", () => {
  it.each([
    ["/var/log/**", "/var/log/a/b.log", true],
    ["/var/log/**", "/var/log", false],
    ["/var/log/**", "/var/logs/a", false],
    ["/var/log/*.log", "/var/log/a.log", true],
    ["/var/log/*.log", "/var/log/a/b.log", false],
    ["/srv/**/x.log", "/srv/x.log", true],
    ["/srv/**/x.log", "/srv/a/b/x.log", true],
    ["/srv/a?.log", "/srv/ab.log", true],
    ["/srv/a?.log", "/srv/a/.log", false],
    ["/srv/a.log", "/srv/aXlog", false],
    ["/srv/[ab]+.log", "/srv/[ab]+.log", true],
    ["/srv/*", "/srv/a\nb", true],
  ])("%s and %j: %s", (glob, path, expected) => {
    expect(globPattern(glob).test(path)).toBe(expected);
  });
});

it("the defaults: read /var/log, write the state folder, nothing else", () => {
  expect(mayRead({}, "/var/log/syslog")).toBe(true);
  expect(mayRead({}, "/etc/shadow")).toBe(false);
  expect(mayRead({ read: ["/srv/**"] }, "/var/log/syslog")).toBe(false);
  expect(mayWrite({}, "/state/logs", "/state/logs/out")).toBe(true);
  expect(mayWrite({}, "/state/logs", "/state/logs2/out")).toBe(false);
  expect(mayWrite({ write: ["/data/**"] }, "/state/logs", "/data/out")).toBe(true);
});

describe("who may be dialled", () => {
  it.each([
    ["example.com", 443, "93.184.216.34", true],
    ["example.com", 80, "93.184.216.34", false],
    ["rebound.example.com", 443, "127.0.0.1", false],
    ["rebound.example.com", 443, "::ffff:10.0.0.1", false],
    ["listed.local", 8080, "10.0.0.5", true],
    ["listed.local", 8081, "10.0.0.5", false],
    ["10.1.1.1", 9000, "10.1.1.1", true],
    ["fd00::1", 5, "fd00::1", true],
  ])("%s:%d at %s: %s", (host, port, address, expected) => {
    expect(mayDial({ dial: ["listed.local:8080", "10.1.1.1:*", "[fd00::1]:5"] }, host, port, address)).toBe(expected);
  });

  it.each([
    "0.0.0.0",
    "10.9.9.9",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "::ffff:192.168.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "2001:db8::1",
    "2001:0:1::1",
    "::7f00:1",
  ])("%s is not public", (address) => {
    expect(isPublic(address)).toBe(false);
  });

  it.each(["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2001:4860:4860::8888"])(
    "%s is public",
    (address) => {
      expect(isPublic(address)).toBe(true);
    },
  );
});
