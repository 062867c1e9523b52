import type { EnvironmentVariable } from "./environment_variables.ts";
import type { Example } from "./examples.ts";
import type { ExitCode } from "./exit_codes.ts";
import type { ManualPage } from "./manual_page.ts";
import { bold, escapeRoff, italic } from "./roff.ts";
import type { UsedFile } from "./used_files.ts";

/** Section on variables. */
export function addEnvironment(page: ManualPage, variables: readonly EnvironmentVariable[]): void {
  page.heading("ENVIRONMENT");
  for (const { name, credential, description } of variables) {
    const sources = credential === undefined
      ? ""
      : ` The first line of a file descriptor, a file or a command's output may be named instead, ` +
        `with ${name}_FD, ${name}_FILE or ${name}_CMD; after these the systemd credential ` +
        `${credential} is looked for.`;
    page.definition(bold(name), escapeRoff(description + sources));
  }
}

/** Section on files; none if there are none. */
export function addFiles(page: ManualPage, files: readonly UsedFile[]): void {
  if (files.length === 0) return;
  page.heading("FILES");
  for (const { path, description } of files) page.definition(italic(path), escapeRoff(description));
}

/** Section on exit codes. */
export function addExitStatus(page: ManualPage, codes: readonly ExitCode[]): void {
  page.heading("EXIT STATUS");
  for (const { shown, meaning } of codes) page.definition(bold(shown), escapeRoff(meaning));
}

/** Section with examples; none if there are none. */
export function addExamples(
  page: ManualPage,
  examples: readonly Example[],
  program: string,
): void {
  if (examples.length === 0) return;
  page.heading("EXAMPLES");
  for (const { text, line } of examples) {
    page.paragraph(escapeRoff(text));
    page.example(`${program} ${line}`);
  }
}
