import type { Encoding } from "#core/model/pipeline/document.ts";

/** Node 24 has it; TypeScript's library does not know it yet. */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

const keepDigits = (_key: string, value: unknown) => (typeof value === "bigint" ? rawJSON(String(value)) : value);

/** An event as JSON, every digit of a large whole number kept. */
export function encodeJson(event: unknown): string {
  try {
    return JSON.stringify(event) ?? "null";
  } catch {
    return JSON.stringify(event, keepDigits) ?? "null";
  }
}

/** The text of one event, refused above the limit. */
export function encoder(format: Encoding, eventBytes: number): (event: unknown) => string {
  return (event) => {
    const text = format === "raw" ? rawOf(event) : encodeJson(event);
    // A character is at most 3 bytes of UTF-8, so most events need no exact count.
    if (text.length * 3 > eventBytes && Buffer.byteLength(text) > eventBytes)
      throw new Error("the event is larger than eventBytes");
    return text;
  };
}

function rawOf(event: unknown): string {
  const raw = typeof event === "object" && event !== null && "raw" in event ? event.raw : undefined;
  if (typeof raw !== "string") throw new Error("the event has no text in `raw`: use the format json");
  return raw;
}
