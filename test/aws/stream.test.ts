import { PutItemCommand } from "@aws-sdk/client-dynamodb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Operation } from "#core/model/operation.ts";
import type { Dependencies } from "#core/operations/dependencies.ts";
import { followChanges } from "../../functions/streams/follow-changes.ts";
import { anOperation } from "../builders.ts";
import { type DynamoIntent, dynamoIntent } from "./intent.ts";

describe("the table's stream", () => {
  let intent: DynamoIntent;
  let started: string[];
  let deps: Dependencies;
  beforeEach(async () => {
    intent = await dynamoIntent();
    started = [];
    deps = {
      store: intent.store,
      workflows: {
        start: async (_workflow: string, name: string) => {
          if (started.includes(name)) return "exists";
          started.push(name);
          return "started";
        },
      },
      log: () => {},
    } as Partial<Dependencies> as Dependencies;
  });
  afterEach(() => intent.close());

  const put = async (operation: Partial<Operation> = {}, was = 0) => {
    const value = anOperation(operation);
    await intent.store.commit([{ write: "put", was, kind: "operation", value }]);
    return value;
  };
  /** One that nobody can follow: what it holds is no operation. */
  const putPoison = async (id: string) => {
    const keys = { id: { S: id }, kind: { S: "operation" } };
    await intent.client.send(
      new PutItemCommand({
        TableName: intent.table,
        Item: { ...keys, version: { N: "1" }, record: { S: "{}" }, signal: { S: "1" } },
      }),
    );
  };
  const executions = (operations: readonly Operation[]) => operations.map(({ id }) => `${id}-1`);

  it("wakes its consumer for what starts work, and for nothing else", async () => {
    const begun = await put();
    await put({ ...begun, state: "running", step: "PlaceNetwork" }, 1);
    await intent.store.commit([
      { write: "put", was: 0, kind: "claim", value: { id: "a", owner: "somebody" } },
      { write: "count", counter: "n", by: 1 },
    ]);
    const removed = await put({ state: "running", step: "PlaceNetwork" });
    await intent.store.commit([{ write: "remove", kind: "operation", id: removed.id, was: 1 }]);
    const waiting = await put();

    const { calls } = intent.consume(deps);
    // What is there now decides: the first has begun since.
    await expect.poll(() => started).toEqual(executions([waiting]));
    expect(calls.flat()).toEqual([begun.id, waiting.id]);
  });

  it("starts each once, though every batch comes twice and backwards", async () => {
    const operations = await Promise.all(Array.from({ length: 25 }, () => put()));
    const { calls } = intent.consume(deps, { batchSize: 10, twice: true });
    await expect.poll(() => calls.flat().length).toBe(50);
    await expect.poll(() => started.toSorted()).toEqual(executions(operations).toSorted());
  });

  it("gives up on a record that nobody can follow, alone, and follows all the others", async () => {
    const before = await put();
    await putPoison("poison");
    const after = [await put(), await put()];
    const reader = intent.consume(deps, { batchSize: 4 });
    await expect.poll(() => reader.givenUp).toContain("poison");
    await expect.poll(() => started.toSorted()).toEqual(executions([before, ...after]).toSorted());

    const later = await put();
    await expect.poll(() => started).toContain(`${later.id}-1`);
    expect(reader.givenUp.every((id) => id === "poison" || started.includes(`${id}-1`))).toBe(true);
  });

  it("reports a failed record by its sequence number, and no other", async () => {
    await put();
    await putPoison("poison");
    await put();
    const answers: string[][] = [];
    const sequences = new Map<string, string>();
    const follow = followChanges(deps);
    const { calls } = intent.consume(deps, {
      attempts: 1,
      handler: async (event, context) => {
        for (const { dynamodb } of event.Records)
          sequences.set(dynamodb?.Keys?.id?.S ?? "", dynamodb?.SequenceNumber ?? "");
        const answer = await follow(event, context);
        answers.push(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
        return answer;
      },
    });
    await expect.poll(() => answers.length > 0 && answers.length === calls.length && sequences.size).toBe(3);
    expect(answers.flat()).toEqual([sequences.get("poison")]);
    expect(sequences.get("poison")).toMatch(/^\d+$/);
  });

  it("halves a batch that ends the handler, until only the one that does it is left", async () => {
    const operations = [];
    for (let n = 0; n < 9; n++) operations.push(await put());
    const deadly = operations[5]?.id ?? "";
    const follow = followChanges(deps);
    const reader = intent.consume(deps, {
      handler: async (event, context) => {
        if (event.Records.some(({ dynamodb }) => dynamodb?.Keys?.id?.S === deadly)) throw new Error("out of memory");
        return follow(event, context);
      },
    });
    await expect.poll(() => reader.givenUp).toEqual([deadly]);
    await expect.poll(() => started.length).toBe(8);
    expect(started).not.toContain(`${deadly}-1`);
  });

  it("tries again while a start is refused for the moment", async () => {
    const refusals = ["first", "second"];
    const { start } = deps.workflows;
    const busy: Dependencies = {
      ...deps,
      workflows: {
        ...deps.workflows,
        start: async (...execution) => {
          if (refusals.pop()) throw new Error("TooManyRequests");
          return start(...execution);
        },
      },
    };
    const operation = await put();
    const reader = intent.consume(busy);
    await expect.poll(() => started).toEqual(executions([operation]));
    expect(reader.givenUp).toEqual([]);
  });
});
