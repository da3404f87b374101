import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { elsewhere, functionNamed, ofType, synthesize, type Template, withReplica } from "./synthesize.ts";

describe("a fleet of two regions", () => {
  const folders: string[] = [];
  let first: Template;
  let second: Template;
  beforeAll(() => {
    for (const given of [withReplica, elsewhere]) {
      const { template, folder } = synthesize(given);
      folders.push(folder);
      if (given === withReplica) first = template;
      else second = template;
    }
  });
  afterAll(() => folders.forEach((folder) => void rmSync(folder, { recursive: true })));
  const environment = (template: Template, name: string) =>
    functionNamed(template, name)[1].Properties.Environment.Variables;

  it("has one table, made at the home with a replica, and found by the same name", () => {
    const [[, table] = []] = ofType(first, "AWS::DynamoDB::GlobalTable");
    expect(table?.Properties.Replicas.map(({ Region }: { Region: string }) => Region).sort()).toEqual([
      "eu-central-1",
      "eu-west-1",
    ]);
    expect(ofType(second, "AWS::DynamoDB::GlobalTable")).toEqual([]);
    expect(environment(second, "api").CELLPLANE_TABLE).toBe(table?.Properties.TableName);
    expect(environment(first, "api").CELLPLANE_TABLE).toBe(table?.Properties.TableName);
  });

  it("says the same name in tokens and signs with the same keys everywhere", () => {
    expect(environment(first, "api").CELLPLANE_ISSUER).toBe("https://api.cells.example.com");
    expect(environment(second, "api").CELLPLANE_ISSUER).toBe("https://api.cells.example.com");
    const replicas = ofType(second, "AWS::KMS::ReplicaKey");
    expect(replicas).toHaveLength(2);
    for (const [, { Properties, DeletionPolicy }] of replicas) {
      expect(JSON.stringify(Properties.PrimaryKeyArn)).toMatch(/kms:eu-central-1:.*key\/mrk-/);
      expect(DeletionPolicy).toBe("Retain");
    }
  });

  it("copies the secret of cursors, so that a list goes on after a fail-over", () => {
    for (const [, { Properties }] of ofType(first, "AWS::SecretsManager::Secret"))
      expect(Properties.ReplicaRegions).toEqual([{ Region: "eu-west-1" }]);
    expect(environment(second, "api").CELLPLANE_CURSOR_SECRET).toBe("cellplane/cursors");
  });

  it("looks up the replica's stream, which no template can name", () => {
    const [[id] = []] = ofType(second, "Custom::TableStream");
    const [[, mapping] = []] = ofType(second, "AWS::Lambda::EventSourceMapping");
    expect(mapping?.Properties.EventSourceArn).toEqual({ "Fn::GetAtt": [id, "Arn"] });
  });

  it("begins once, at the home", () => {
    expect(ofType(first, "Custom::Fleet")).toHaveLength(1);
    expect(ofType(second, "Custom::Fleet")).toHaveLength(0);
  });

  it("answers for the whole fleet from the home, and from elsewhere while the home is not well", () => {
    const weights = (template: Template) =>
      ofType(template, "AWS::Route53::RecordSet")
        .filter(([, { Properties }]) => Properties.Name === "api.cells.example.com")
        .map(([, { Properties }]) => [
          Properties.SetIdentifier,
          Properties.Weight,
          Properties.HealthCheckId !== undefined,
        ]);
    expect(weights(first)).toEqual([
      ["eu-central-1", 100, true],
      ["eu-central-1", 100, true],
    ]);
    expect(weights(second)).toEqual([
      ["eu-west-1", 0, true],
      ["eu-west-1", 0, true],
    ]);
  });

  it("can take over from anywhere: the other region has every workflow, schedule and consumer", () => {
    const count = (type: string) => [ofType(first, type).length, ofType(second, type).length];
    for (const type of ["AWS::StepFunctions::StateMachine", "AWS::Events::Rule", "AWS::Lambda::EventSourceMapping"]) {
      const [there, here] = count(type);
      expect([type, here]).toEqual([type, there]);
    }
    expect(functionNamed(second, "take-home")).toBeDefined();
  });
});
