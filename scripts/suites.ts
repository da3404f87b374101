/** The test suites: which vitest configuration each is, and what it needs beside npm and nats-server. */
export const suites = {
  default: { config: "vitest.config.ts", needs: "nothing but npm and nats-server" },
} as const;
