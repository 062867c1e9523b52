/** A step of a document that a shell runs. */
export interface ShellStep {
  /** Line of the document where it begins, from 1 on. */
  readonly line: number;
  readonly script: string;
}

/**
 * What a document tells its reader to type: its fenced blocks marked `sh`, in order. A comment
 * `<!-- test: … -->` between them is a step that only the test runs: preparations and checks.
 */
export function shellSteps(markdown: string): ShellStep[] {
  const steps: ShellStep[] = [];
  const pattern = /^([ ]*)```sh\n([\s\S]*?)^[ ]*```$|^<!-- test: (.*) -->$/gm;
  for (const match of markdown.matchAll(pattern)) {
    const line = markdown.slice(0, match.index).split("\n").length;
    const [, indent = "", block, hidden] = match;
    const script = hidden ?? block!.replaceAll(new RegExp(`^${indent}`, "gm"), "").trimEnd();
    steps.push({ line, script });
  }
  return steps;
}
