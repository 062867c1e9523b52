/** The completion script for fish 3.1 and later. */
export function fishScript(program: string): string {
  const name = program.replaceAll("-", "_");
  return String.raw`# Completion of ${program} for fish, printed by "${program} completion fish".
function __${name}_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l line "'"(string replace -a "'" "'\\''" -- $words)"'"
    set line (string join " " -- $line $current)
    if test -z "$current"
        set line "$line "
    end
    set -l program (string replace -r '^~/' "$HOME/" -- $words[1])
    set -l answer (COMP_LINE=$line COMP_POINT=(string length -- $line) $program __complete 2>/dev/null)
    if test "$answer[1]" = path
        complete -C "'' $current"
    else if test (count $answer) -ge 3
        printf '%s\n' $answer[3..]
    end
end
complete -c ${program} -f -a '(__${name}_complete)'
`;
}
