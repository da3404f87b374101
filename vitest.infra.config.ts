import { defineConfig } from "vitest/config";

/** What CDK makes of infra/, offline: the templates' content, their policies, and the assembly run with real cells. */
export default defineConfig({
  test: {
    include: ["test/infra/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    pool: "forks",
    maxWorkers: 1,
    globalSetup: ["test/find-nats-server.ts", "test/aws/start-dynamodb.ts", "test/infra/bundle-once.ts"],
  },
});
