import { AuthError, situationOf } from "../../lib/errors/mod.ts";
import { type BackupGroup, formatGroupPath, type Repository } from "../../lib/repository/mod.ts";

/**
 * Names the owner of a group where a server refused a backup of it: an error of a server is words only.
 *
 * @param authId Who was refused.
 * @returns The same error, or one with the situation that a hint can be given for.
 */
export async function nameGroupOwner(
  error: unknown,
  repository: Repository,
  namespace: string,
  group: BackupGroup,
  authId: string,
): Promise<unknown> {
  if (!(error instanceof AuthError) || situationOf(error) !== undefined) return error;
  // Who may not list the groups either has the words of the server.
  const groups = await repository.listGroups(namespace).catch(() => []);
  const owner = groups.find(({ type, id }) => type === group.type && id === group.id)?.owner;
  if (owner === undefined || owner === authId) return error;
  return new AuthError(error.message, {
    cause: error.cause,
    situation: { kind: "group-of-another", group: formatGroupPath(group), owner },
  });
}
