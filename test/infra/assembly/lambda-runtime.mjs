/** A Lambda function as a process: loads the bundle that it is given and answers invocations of its parent, as the runtime does. */
const { handler } = await import(process.argv[2]);
process.on("disconnect", () => process.exit(0));
process.on("message", async ({ id, event }) => {
  try {
    process.send({ id, result: (await handler(event, {})) ?? null });
  } catch (error) {
    process.send({ id, error: { errorType: error?.name ?? "Error", errorMessage: error?.message ?? String(error) } });
  }
});
process.send({ ready: true });
