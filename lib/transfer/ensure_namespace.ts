import { namespaceComponents, type Repository } from "../repository/mod.ts";

/**
 * Creates a namespace with those above it that are missing.
 *
 * @returns Whether it was not there before.
 */
export async function ensureNamespace(repository: Repository, namespace: string): Promise<boolean> {
  if (namespace === "") return false;
  const there = new Set((await repository.listNamespaces("")).map((each) => each.namespace));
  let path = "";
  let isNew = false;
  for (const component of namespaceComponents(namespace)) {
    path = path === "" ? component : `${path}/${component}`;
    if (there.has(path)) continue;
    await repository.createNamespace(path);
    isNew = true;
  }
  return isNew;
}
