import { describe, expect, it } from "vitest";
import { cellContextOf } from "../../infra/cell-context.ts";
import { contextOf } from "../../infra/context.ts";
import { cell, elsewhere, home } from "./synthesize.ts";

describe("the context of a deploy", () => {
  it("is a home by three values", () => {
    expect(contextOf(home)).toEqual({
      region: "eu-central-1",
      domain: "cells.example.com",
      tags: {},
      origins: ["https://console.cells.example.com"],
      generations: { cellCalls: ["1"], networkTokens: ["1"] },
      here: { home: true, replicas: [] },
    });
  });

  it("is another region by what the home put out", () => {
    expect(contextOf(elsewhere)).toMatchObject({
      zone: elsewhere.zone,
      here: {
        home: false,
        homeRegion: "eu-central-1",
        keys: { cellCalls: [elsewhere.cellCallKey], networkTokens: [elsewhere.networkTokenKey] },
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

  it("names the generations of keys: the first signs, both are pinned", () => {
    expect(contextOf({ ...home, cellCallKeys: "2,1" })).toMatchObject({
      generations: { cellCalls: ["2", "1"], networkTokens: ["1"] },
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
    ["three generations of a key", { ...home, cellCallKeys: "1,2,3" }, /cellCallKeys must be one generation of a key/],
    ["a generation elsewhere without its id", { ...elsewhere, cellCallKeys: "1,2" }, /needs its id here/],
    ["an issuer without an audience", { ...home, issuer: "https://issuer.example" }, /both issuer and audience/],
    ["a boundary that is none", { ...home, boundary: "mine" }, /boundary must be an ARN of iam/],
    ["tags that are none", { ...home, tags: "a" }, /tags must be pairs/],
  ])("refuses %s in one sentence", (_what, given, sentence) => {
    expect(() => contextOf(given)).toThrow(sentence);
    expect(() => contextOf(given)).not.toThrow(/\n/);
  });
});

describe("the context of a cell", () => {
  it("makes a cluster of its own where none is named", () => {
    expect(cellContextOf(cell)).toEqual({
      ...cell,
      tags: {},
      cellDomain: "eu-1.cells.example.com",
      networks: 200,
      keySecret: "cellplane/admin-key",
      cluster: { nodes: { least: 3, most: 12 }, instance: "m8g.large", admins: [] },
    });
  });

  it("goes into a cluster that is there, under a domain of its own", () => {
    const given = { ...cell, cluster: "shared", cellDomain: "eu-1.example.net", networks: "50" };
    expect(cellContextOf(given)).toMatchObject({
      cluster: { existing: "shared" },
      cellDomain: "eu-1.example.net",
      networks: 50,
    });
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ["no images", { ...cell, images: undefined }, /images is missing: give a registry/],
    ["no zone", { ...cell, zone: undefined }, /A cell needs zone/],
    ["a name that is none", { ...cell, cell: "EU 1" }, /cell must be a name such as eu-1/],
    ["fewer nodes than zones", { ...cell, nodes: "2-4" }, /at least 3, one in each zone/],
    ["more at least than at most", { ...cell, nodes: "6-4" }, /no fewer than the least/],
    ["an instance that is not arm64", { ...cell, instance: "m7i.large" }, /arm64 instance type/],
    [
      "nodes of a cluster that is there",
      { ...cell, cluster: "shared", nodes: "3-4" },
      /nodes: an existing cluster has/,
    ],
    ["what a control plane is told", { ...cell, home: "true" }, /home is not known/],
  ])("refuses %s in one sentence", (_what, given, sentence) => {
    expect(() => cellContextOf(given)).toThrow(sentence);
    expect(() => cellContextOf(given)).not.toThrow(/\n/);
  });
});
