import type { JobEntry } from "../configuration/jobs_file.ts";
import { shellWord } from "../output/shell_word.ts";
import { inOrder, type JobCommand, jobCommands } from "./job_commands.ts";
import type { JobVariable } from "./job_variables.ts";

/** The lines of a shell script that does what a job does, but for hooks and conditions: comments. */
export function jobLines(job: JobEntry, program: string): string[] {
  const { name, keys, hooks, when } = job;
  const due = keys.text("schedule");
  const comment = (what: string, texts: readonly string[]) =>
    texts.map((text) => `# ${what}: ${text.replaceAll("\n", "\n#   ")}`);
  return [
    `# Job "${name}"${due === undefined ? "" : `, due: ${due}`}`,
    ...comment("only on", when.flag("ac-power") ? ["AC power"] : []),
    ...comment("only if mounted", when.texts("mounted")),
    ...comment("only if reachable", when.texts("reachable")),
    ...comment("before", hooks.texts("before")),
    ...jobCommands(job).flatMap((commands) => [
      `# Repository "${commands.repository.name}"`,
      ...inOrder(commands).map((command) => commandLine(command, program)),
    ]),
    ...comment("on failure", hooks.texts("on-failure")),
    ...comment("after", hooks.texts("after")),
  ];
}

function commandLine({ variables, words }: JobCommand, program: string): string {
  return [
    ...variables.map((variable) => `${variable.name}=${shellValue(variable)}`),
    ...[program, ...words].map(shellWord),
  ].join(" ");
}

function shellValue({ value, isCredential }: JobVariable): string {
  return isCredential ? `"$CREDENTIALS_DIRECTORY"/${shellWord(value)}` : shellWord(value);
}

/** The same as JSON. */
export function jobToJson(job: JobEntry): Record<string, unknown> {
  const { name, keys, hooks, when } = job;
  const plain = ({ variables, words }: JobCommand) => ({
    environment: Object.fromEntries(variables.map((variable) => [
      variable.name,
      variable.isCredential ? `$CREDENTIALS_DIRECTORY/${variable.value}` : variable.value,
    ])),
    words,
  });
  return {
    name,
    schedule: keys.text("schedule"),
    when: {
      "ac-power": when.flag("ac-power"),
      mounted: when.texts("mounted"),
      reachable: when.texts("reachable"),
    },
    hooks: {
      before: hooks.texts("before"),
      after: hooks.texts("after"),
      "on-failure": hooks.texts("on-failure"),
    },
    commands: jobCommands(job).flatMap(inOrder).map((command) => ({
      repository: command.repository.name,
      ...plain(command),
    })),
  };
}
