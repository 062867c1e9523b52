import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { serverAdministration } from "../environment/server_administration.ts";
import { printTable } from "../output/print_result.ts";
import { renderList } from "../output/table.ts";

/** `serve acl list` (docs/server.md). */
export async function listRoles(values: CommandValues, context: CommandContext): Promise<void> {
  const { rules } = await serverAdministration(values, context).config();
  const rows = rules.flatMap(({ path, authId, roles, propagate }) =>
    roles.map((role) => ({ path, authId, role, propagate }))
  );
  printTable(values, context, {
    json: rows.map(({ path, authId, role, propagate }) => ({
      path,
      ugid: authId,
      roleid: role,
      propagate,
    })),
    text: (style) =>
      renderList(
        [
          { title: "auth-id", cell: (row) => row.authId },
          { title: "path", cell: (row) => row.path },
          { title: "propagate", cell: (row) => row.propagate ? "yes" : "no" },
          { title: "role", cell: (row) => row.role },
        ],
        rows,
        style,
      ),
  });
}

/** `serve acl update`. */
export async function updateRole(values: CommandValues, context: CommandContext): Promise<void> {
  const server = serverAdministration(values, context);
  const rule = {
    path: values.requiredText("path"),
    authId: values.requiredText("auth-id"),
    role: values.requiredText("role"),
  };
  if (values.flag("delete")) await server.removeRole(rule);
  else await server.addRole({ ...rule, propagate: values.flag("propagate", true) });
}
