import type { MeAnswer } from "#core/api/answers.ts";
import { noun } from "../command.ts";
import { writeOne } from "../output.ts";

export const me = noun({
  name: "me",
  about: "who one is, and where",
  verbs: [
    {
      usage: "get",
      does: "say who the key or token belongs to, and what it may do",
      isDefault: true,
      examples: ["me", "me get -o json"],
      act: async ({ terminal, format, api }) => {
        const { body } = await api.call<MeAnswer>({ path: "/v1/me" });
        await writeOne(terminal, format, {
          data: body,
          name: body.actor,
          shown: [
            ["Actor", body.actor],
            ["Name", body.name ?? "-"],
            ["E-mail", body.email ?? "-"],
            ["Platform operator", body.platform ? "yes" : "no"],
            ["Organizations", body.organizations.map(({ slug, role }) => `${slug}: ${role}`).join("\n") || "-"],
            ...(body.key
              ? [["Limits", [...(body.key.networks ?? []), ...(body.key.cidrs ?? [])].join(", ") || "none"] as const]
              : []),
          ],
        });
      },
    },
  ],
});
