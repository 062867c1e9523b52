import { fromMarkdown } from "mdast-util-from-markdown";
import { toString } from "mdast-util-to-string";
import { visit } from "unist-util-visit";
import GithubSlugger from "github-slugger";

/**
 * Links between the documents of a checkout that lead nowhere: files that do not exist, and headings
 * that a document does not have. Addresses of other sites are not looked at.
 *
 * @param documents Path relative to `root`, and the Markdown text.
 * @returns One line per problem.
 */
export async function checkLinks(
  documents: ReadonlyMap<string, string>,
  root: URL,
): Promise<string[]> {
  const problems: string[] = [];
  const trees = [...documents].map(([path, text]) => ({ path, tree: fromMarkdown(text) }));
  const anchors = new Map(trees.map(({ path, tree }) => [path, headingAnchors(tree)]));
  for (const { path, tree } of trees) {
    const links: { url: string }[] = [];
    visit(tree, (node) => {
      if (node.type === "link" || node.type === "image" || node.type === "definition") {
        links.push(node);
      }
    });
    for (const { url } of links) {
      if (/^[a-z]+:/.test(url)) continue;
      const target = new URL(url, new URL(path, root));
      const file = decodeURIComponent(target.pathname.slice(root.pathname.length));
      const anchor = decodeURIComponent(target.hash.slice(1));
      if (!(await exists(new URL(file, root)))) problems.push(`${path}: no file for link ${url}`);
      else if (anchor !== "" && anchors.has(file) && !anchors.get(file)!.has(anchor)) {
        problems.push(`${path}: no heading for link ${url}`);
      }
    }
  }
  return problems;
}

function headingAnchors(tree: ReturnType<typeof fromMarkdown>): Set<string> {
  const slugger = new GithubSlugger();
  const found = new Set<string>();
  visit(tree, "heading", (node) => {
    found.add(slugger.slug(toString(node)));
  });
  return found;
}

async function exists(url: URL): Promise<boolean> {
  try {
    await Deno.stat(url);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
