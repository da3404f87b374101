import { InvalidArgumentError } from "commander";
import type { MaintenanceWindow } from "#core/model/rollout/window.ts";

const FORM = /^(?:([a-z]{3}(?:,[a-z]{3})*)\s+)?(\d\d:\d\d)-(\d\d:\d\d)\s+(\S+)$/i;

/** `"sat,sun 02:00-04:00 Europe/Berlin"`, or `none`. Whether there are such days and zones is for the API to judge. */
export function windowOf(text: string): object | null {
  if (text === "none") return null;
  const [, days, from, to, timeZone] = FORM.exec(text.trim()) ?? [];
  if (from === undefined)
    throw new InvalidArgumentError('Write it like "sat,sun 02:00-04:00 Europe/Berlin", "02:00-04:00 UTC", or none.');
  return { ...(days ? { days: days.toLowerCase().split(",") } : {}), from, to, timeZone };
}

/** For commander, which takes null for nothing: the text as it is, once it has the form. */
export function windowText(text: string): string {
  windowOf(text);
  return text;
}

/** A window in the same form, and the dates where it names some. */
export const describeWindow = ({ days, dates, from, to, timeZone }: MaintenanceWindow): string =>
  [...(days ? [days.join(",")] : []), `${from}-${to}`, timeZone, ...(dates ? [`on ${dates.join(", ")}`] : [])].join(
    " ",
  );
