import { expect, it } from "vitest";
import { home, type Json, ofType, synthesized } from "./synthesize.ts";

const boundary = "arn:aws:iam::111111111111:policy/limits";

it("bounds every role by the boundary that is given, and by none where none is", () => {
  const boundaries = (given: Readonly<Record<string, string>>): unknown[] =>
    ofType(synthesized(given).template, "AWS::IAM::Role").map(([, { Properties }]) => Properties.PermissionsBoundary);
  const bounded = boundaries({ ...home, boundary });
  expect(bounded.length).toBeGreaterThan(20);
  expect(new Set(bounded)).toEqual(new Set([boundary]));
  expect(new Set(boundaries(home))).toEqual(new Set([undefined]));
});

it("tags what costs and what holds data with the tags that are given", () => {
  const { template } = synthesized({ ...home, tags: "owner=platform,cost=a=b" });
  const expected = [
    { Key: "cost", Value: "a=b" },
    { Key: "owner", Value: "platform" },
  ];
  const pairs = (tags: Json): Json[] =>
    Array.isArray(tags) ? tags : Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value }));
  for (const type of [
    "AWS::Lambda::Function",
    "AWS::StepFunctions::StateMachine",
    "AWS::KMS::Key",
    "AWS::SecretsManager::Secret",
    "AWS::SQS::Queue",
    "AWS::ApiGatewayV2::Api",
  ])
    for (const [id, { Properties }] of ofType(template, type))
      expect([id, pairs(Properties.Tags)]).toEqual([id, expect.arrayContaining(expected)]);
  // Tags of a global table are those of each replica.
  const [[, table] = []] = ofType(template, "AWS::DynamoDB::GlobalTable");
  for (const replica of table?.Properties.Replicas ?? [])
    expect(pairs(replica.Tags)).toEqual(expect.arrayContaining(expected));
});
