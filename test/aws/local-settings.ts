/** How a client of the SDK reaches DynamoDB Local, which believes any credentials. */
export const localSettings = (endpoint: string) => ({
  endpoint,
  region: "local",
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
  // A burst queues here, not at a table that takes one call after the other; that is no reason to warn.
  requestHandler: { socketAcquisitionWarningTimeout: 60_000 },
});
