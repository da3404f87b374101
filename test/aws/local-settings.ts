/** How a client of the SDK reaches DynamoDB Local, which believes any credentials. */
export const localSettings = (endpoint: string) => ({
  endpoint,
  region: "local",
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
});
