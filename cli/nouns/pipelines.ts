import type { PipelineRevision } from "#core/model/deployment.ts";
import { age } from "../age.ts";
import { noun } from "../command.ts";
import { Failure } from "../failure.ts";
import { writeList, writeOne } from "../output.ts";
import { readText } from "../read-document.ts";
import { everything } from "../session.ts";
import type { Terminal } from "../terminal.ts";

interface Pipeline {
  readonly name: string;
  readonly rev: number;
  readonly sha256: string;
  readonly updatedAt: string;
}

export const pipelines = noun({
  name: "pipelines",
  about: "input, processors, output; in immutable revisions",
  inNetwork: true,
  verbs: [
    {
      usage: "list",
      does: "list the pipelines of a workspace",
      examples: ["pipelines list"],
      act: async (session) => {
        const { terminal, format } = session;
        const { api, workspace } = await session.inNetwork();
        const now = terminal.now();
        await writeList(terminal, format, await everything<Pipeline>(api, `${workspace}/pipelines`), {
          nameOf: ({ name }) => name,
          whenEmpty: "There is no pipeline yet. Publish one: cellplane pipelines create FILE",
          columns: [
            { title: "NAME", of: ({ name }) => name },
            { title: "REVISION", of: ({ rev }) => String(rev) },
            { title: "CHANGED", of: ({ updatedAt }) => age(updatedAt, now) },
            { title: "SHA256", of: ({ sha256 }) => sha256, wide: true },
          ],
        });
      },
    },
    {
      usage: "get <name>",
      does: "show the newest revision of a pipeline, or the one that is named, as YAML",
      examples: ["pipelines get logs", "pipelines get logs@2", "pipelines get logs -o json"],
      act: async (session, { args: [name = ""] }) => {
        const { terminal, format } = session;
        const { api, workspace } = await session.inNetwork();
        const { body } = await api.call<Document>({ path: `${workspace}${revisionPath(name)}` });
        if (format === "table" || format === "wide") {
          const { stringify } = await import("yaml");
          terminal.out(
            `# ${body.name}@${body.rev}, ${age(body.updatedAt ?? body.createdAt, terminal.now())} old\n${stringify(body.document)}`,
          );
          return;
        }
        await writeOne(terminal, format, { data: body, name: body.name, shown: [] });
      },
    },
    {
      usage: "create <file>",
      does: "publish a pipeline from a YAML or JSON file, under the name in it; the same content makes no new revision",
      examples: ["pipelines create logs.yaml", "pipelines create logs.yaml -o name   # logs@3"],
      act: async (session, { args: [file = ""] }) => {
        const { terminal, format } = session;
        const document = await documentIn(terminal, file);
        const { api, workspace } = await session.inNetwork();
        const { status, body } = await api.call<{ pipeline: Pipeline; revision: PipelineRevision }>({
          method: "PUT",
          path: `${workspace}${pathOf(document.name)}`,
          contentType: document.contentType,
          body: document.text,
        });
        const reference = `${body.revision.name}@${body.revision.rev}`;
        const isNew = status === 201;
        if (format === "table" || format === "wide") {
          terminal.out(`${reference}\n`);
          terminal.err(
            isNew
              ? `Published. Send it to nodes: cellplane deployments create --pipeline ${reference} --selector env=prod\n`
              : "Nothing has changed: this is the revision that was there.\n",
          );
          return;
        }
        await writeOne(terminal, format, { data: body, name: reference, shown: [] });
      },
    },
    {
      usage: "validate <file>",
      does: "say what is wrong with a pipeline, and publish nothing; exit code 1 when something is",
      examples: ["pipelines validate logs.yaml"],
      act: async (session, { args: [file = ""] }) => {
        const { terminal, format } = session;
        const document = await documentIn(terminal, file);
        const { api, workspace } = await session.inNetwork();
        const { body } = await api.call<{ valid: boolean; errors: readonly { path: string; message: string }[] }>({
          method: "POST",
          path: `${workspace}${pathOf(document.name)}/validate`,
          contentType: document.contentType,
          body: document.text,
        });
        if (format === "json" || format === "yaml")
          await writeOne(terminal, format, { data: body, name: "", shown: [] });
        if (!body.valid)
          throw new Failure(
            "refused",
            [`${file} is not valid.`, ...body.errors.map(({ path, message }) => `  ${path}: ${message}`)].join("\n"),
          );
        terminal.err(`${file} is valid.\n`);
      },
    },
    {
      usage: "revisions <name>",
      does: "list the revisions of a pipeline, newest first",
      examples: ["pipelines revisions logs"],
      act: async (session, { args: [name = ""] }) => {
        const { terminal, format } = session;
        const { api, workspace } = await session.inNetwork();
        const now = terminal.now();
        const found = await everything<PipelineRevision>(api, `${workspace}${pathOf(name)}/revisions`);
        await writeList(terminal, format, found, {
          nameOf: ({ name: of, rev }) => `${of}@${rev}`,
          whenEmpty: `The pipeline ${name} has no revision.`,
          columns: [
            { title: "REVISION", of: ({ name: of, rev }) => `${of}@${rev}` },
            { title: "AGE", of: ({ createdAt }) => age(createdAt, now) },
            { title: "BY", of: ({ createdBy }) => createdBy },
            { title: "SHA256", of: ({ sha256 }) => sha256, wide: true },
          ],
        });
      },
    },
  ],
});

/** What `get` reads: the newest revision, or the one that is named. */
type Document = Pick<Pipeline, "name" | "rev"> & {
  readonly updatedAt?: string;
  readonly createdAt?: string;
  readonly document: unknown;
};

/** `logs`, or `logs@2`. */
function revisionPath(reference: string): string {
  const [, name, rev] = /^(.+)@(\d{1,9})$/.exec(reference) ?? [];
  return name === undefined ? pathOf(reference) : `${pathOf(name)}/revisions/${rev}`;
}

const pathOf = (name: string) => `/pipelines/${encodeURIComponent(name)}`;

/** The text is sent as it is; only its name is read here. */
async function documentIn(
  terminal: Terminal,
  file: string,
): Promise<{ name: string; text: string; contentType: string }> {
  const text = readText(terminal, file);
  const isJson = text.trimStart().startsWith("{");
  const { parse } = await import("yaml");
  let document: unknown;
  try {
    document = isJson ? JSON.parse(text) : parse(text);
  } catch (error) {
    throw new Failure("refused", `${file} cannot be read as ${isJson ? "JSON" : "YAML"}: ${(error as Error).message}`);
  }
  const name = typeof document === "object" && document !== null && "name" in document ? document.name : undefined;
  if (typeof name !== "string" || name === "")
    throw new Failure("refused", `${file} has no \`name\`.`, "A pipeline document begins with `v: 1` and `name: …`.");
  return { name, text, contentType: isJson ? "application/json" : "application/yaml" };
}
