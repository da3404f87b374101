import type { CellView } from "#core/model/cell-view.ts";
import { age } from "./age.ts";
import { labelsText, writeOne } from "./output.ts";
import type { Session } from "./session.ts";

export const reported = ({ report }: CellView, now: number): string =>
  report ? `${age(report.at, now)} ago${report.fresh ? "" : " (too long)"}` : "never";

export async function showCell({ terminal, format }: Session, cell: CellView): Promise<void> {
  const now = terminal.now();
  await writeOne(terminal, format, {
    data: cell,
    name: cell.name,
    shown: [
      ["Name", cell.name],
      ["Id", cell.id],
      ["Region", cell.region],
      ["Labels", labelsText(cell.labels)],
      ["Schedulable", cordonText(cell)],
      ["Networks", `${cell.reserved.networks} of ${cell.limits.networks}`],
      ["URL", cell.url ?? "- (it has not joined yet)"],
      ["Domain", cell.domain ?? "-"],
      ["Reported", reported(cell, now)],
      ["Agent", cell.report?.agent ?? "-"],
      ["Age", age(cell.createdAt, now)],
    ],
  });
}

const cordonText = ({ schedulable, cordon }: CellView): string =>
  schedulable ? "yes" : `no${cordon ? `: cordoned by ${cordon.by}${cordon.reason ? `, ${cordon.reason}` : ""}` : ""}`;
