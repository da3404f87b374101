import { Refusal } from "../errors.ts";

/** The ETag of a record: its version in the store. 0 stands for what nobody has written yet. */
export const versionTag = (version: number): string => `"${version}"`;

/** R2: a change says which version it was made from; `*` says that any will do. */
export function expectMatch(version: number, ifMatch: string | undefined): void {
  const etag = versionTag(version);
  if (ifMatch === undefined)
    throw new Refusal(
      "if-match-required",
      `Send If-Match with the ETag you read (now ${etag}), or * for whatever there is.`,
    );
  const tags = ifMatch.split(",").map((tag) => tag.trim());
  if (!tags.includes("*") && !tags.includes(etag))
    throw new Refusal("version-mismatch", `It is at ${etag} now. Read it again and decide anew.`, { extra: { etag } });
}
