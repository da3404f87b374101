import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { findNatsServer } from "#adapters/nats/find-server.ts";

/** Before the first test: a broker that is new enough is in PATH for all of them, fetched where there was none. */
export default async function setup(): Promise<void> {
  const { PATH = "", XDG_CACHE_HOME = join(homedir(), ".cache") } = process.env;
  const found = await findNatsServer({
    path: PATH,
    cacheDir: join(XDG_CACHE_HOME, "cellplane"),
    onProgress: (line) => console.error(line),
  });
  process.env.PATH = `${dirname(found)}${delimiter}${PATH}`;
}
