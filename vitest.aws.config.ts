import { defineConfig } from "vitest/config";

/** The suite on DynamoDB Local, which needs Java: the DynamoDB store, its stream, and the control plane on both. */
export default defineConfig({
  test: {
    include: ["test/aws/**/*.test.ts"],
    testTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
    globalSetup: "test/aws/start-dynamodb.ts",
  },
});
