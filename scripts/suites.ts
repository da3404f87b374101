/** The test suites: which vitest configuration each is, and what it needs beside npm and nats-server. */
export const suites = {
  default: { config: "vitest.config.ts", needs: "nothing but npm and nats-server" },
  aws: { config: "vitest.aws.config.ts", needs: "Java 17, for DynamoDB Local" },
  infra: { config: "vitest.infra.config.ts", needs: "Java 17, for DynamoDB Local, and cfn-lint" },
  kube: { config: "vitest.kube.config.ts", needs: "a Kubernetes cluster with a node, named by TEST_KUBECONFIG" },
} as const;
