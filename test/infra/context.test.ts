import { describe, expect, it } from "vitest";
import { contextOf } from "../../infra/context.ts";
import { elsewhere, home } from "./synthesize.ts";

describe("the context of a deploy", () => {
  it("is a home by three values", () => {
    expect(contextOf(home)).toEqual({
      region: "eu-central-1",
      domain: "cells.example.com",
      tags: {},
      here: { home: true, replicas: [] },
    });
  });

  it("is another region by what the home put out", () => {
    expect(contextOf(elsewhere)).toMatchObject({
      zone: elsewhere.zone,
      here: {
        home: false,
        homeRegion: "eu-central-1",
        keys: { cellCalls: elsewhere.cellCallKey, networkTokens: elsewhere.networkTokenKey },
        people: { issuer: elsewhere.issuer, audience: "console" },
      },
    });
  });

  it("takes lists and tags", () => {
    const given = { ...home, replicas: "eu-west-1,us-east-1", tags: "owner=platform,cost=a=b" };
    expect(contextOf(given)).toMatchObject({
      tags: { owner: "platform", cost: "a=b" },
      here: { replicas: ["eu-west-1", "us-east-1"] },
    });
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ["nothing", {}, /region is missing.*domain is missing.*home must be true or false/],
    ["no such region", { ...home, region: "frankfurt" }, /region must be an AWS region such as/],
    ["a home that is neither", { ...home, home: "yes" }, /home must be true or false/],
    ["no domain", { ...home, domain: "https://x" }, /domain must be a domain name/],
    ["a word that is not known", { ...home, regoin: "x" }, /regoin is not known/],
    ["a replica that is the home", { ...home, replicas: "eu-central-1" }, /name the other regions only/],
    ["replicas elsewhere", { ...elsewhere, replicas: "us-east-1" }, /at the home only/],
    ["keys at the home", { ...home, cellCallKey: elsewhere.cellCallKey }, /another region than the home; leave/],
    ["another region without keys", { ...elsewhere, cellCallKey: undefined }, /needs homeRegion, zone, cellCallKey/],
    ["an issuer without an audience", { ...home, issuer: "https://issuer.example" }, /both issuer and audience/],
    ["a boundary that is none", { ...home, boundary: "mine" }, /boundary must be an ARN of iam/],
    ["tags that are none", { ...home, tags: "a" }, /tags must be pairs/],
  ])("refuses %s in one sentence", (_what, given, sentence) => {
    expect(() => contextOf(given)).toThrow(sentence);
    expect(() => contextOf(given)).not.toThrow(/\n/);
  });
});
