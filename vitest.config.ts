import { defineConfig } from "vitest/config";

/** The default suite: everything that needs nothing but npm and nats-server. Real processes take their time on two cores. */
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: "forks",
    maxWorkers: 2,
  },
});
