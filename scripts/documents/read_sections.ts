/** Section numbers of a chapter's headings (`### 5.2 Walk` is `5.2`). */
export function readSections(text: string): Set<string> {
  const sections = new Set<string>();
  for (const [, number] of text.matchAll(/^#{2,4} (\d+(?:\.\d+)*)\.? /gm)) sections.add(number!);
  return sections;
}
