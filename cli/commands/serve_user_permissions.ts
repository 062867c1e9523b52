import { NotFoundError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { printTable } from "../output/print_result.ts";
import { renderList } from "../output/table.ts";
import { serverAdministration } from "../serving/server_administration.ts";

/** `serve user permissions`. */
export const command: CommandDefinition = {
  description: "Show what a user or API token may do, and where.",
  positionals: [{
    name: "auth-id",
    type: { kind: "string" },
    required: true,
    description: "User or API token.",
  }],
  options: [
    { name: "path", type: { kind: "string" }, description: "Only this path." },
    OUTPUT_FORMAT_OPTION,
    SERVER_CONFIG_OPTION,
  ],
  output: "table",
  run: showPermissions,
};

async function showPermissions(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const authId = values.requiredText("auth-id");
  const server = await serverAdministration(values, context);
  const { accounts, rules, datastores } = await server.config();
  if (!accounts.some((account) => account.authId === authId)) {
    throw new NotFoundError(`there is no user or token "${authId}"`);
  }
  const { AccessRules } = await import("../../lib/server/mod.ts");
  const granted = new AccessRules(rules);
  const path = values.text("path");
  const paths = path === undefined
    ? [...new Set([...granted.paths, ...datastores.map(({ name }) => `/datastore/${name}`)])].sort()
    : [path];
  const rows = paths.flatMap((path) =>
    [...granted.privileges(authId, path)].sort()
      .map(([privilege, propagate]) => ({ path, privilege, propagate }))
  );
  printTable(values, context, {
    json: Object.fromEntries(
      [...Map.groupBy(rows, ({ path }) => path)].map(([path, of]) => [
        path,
        Object.fromEntries(of.map(({ privilege, propagate }) => [privilege, propagate])),
      ]),
    ),
    text: (style) =>
      renderList(
        [
          { title: "path", cell: (row) => row.path },
          { title: "privilege", cell: (row) => row.privilege },
          { title: "propagate", cell: (row) => row.propagate ? "yes" : "no" },
        ],
        rows,
        style,
      ),
  });
}
