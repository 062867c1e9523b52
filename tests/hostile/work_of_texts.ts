import { quotePath } from "../../lib/bytes/quote_path.ts";
import { parseBoolean } from "../../cli/arguments/parse_boolean.ts";
import { parseByteSize } from "../../lib/bytes/parse_byte_size.ts";
import { parseCommandLine } from "../../cli/arguments/parse_command_line.ts";
import { ParameterProblems } from "../../cli/arguments/parameter_problems.ts";
import { parseMoment } from "../../cli/arguments/parse_moment.ts";
import { readAnsiQuote } from "../../cli/arguments/read_ansi_quote.ts";
import { readArguments } from "../../cli/arguments/read_arguments.ts";
import { splitWords } from "../../cli/arguments/split_words.ts";
import { command as backupCommand } from "../../cli/commands/backup.ts";
import { splitShellLine } from "../../cli/arguments/split_shell_line.ts";
import { type QuoteStyle, quoteStyleOf, quoteWord } from "../../cli/catalog_shell/quote_word.ts";
import { splitLine } from "../../cli/catalog_shell/split_line.ts";
import { splitUnfinished } from "../../cli/completion/split_unfinished.ts";
import { parsePatternLines } from "../../cli/files/parse_pattern_lines.ts";
import { decodeKeyText, parseKeyInput } from "../../cli/keys/open_encryption_key.ts";
import { splitCronLine } from "../../cli/scheduling/split_cron_line.ts";
import { splitShellWords } from "../../cli/secrets/split_shell_words.ts";
import { parseLogThreshold } from "../../cli/output/log_level.ts";
import { readMetricSubjects } from "../../lib/alerts/_metric_subjects.ts";
import { readStateText } from "../../lib/alerts/_state_text.ts";
import { parseArchiveSpec } from "../../lib/backup/parse_archive_spec.ts";
import { decodeHex } from "../../lib/bytes/hex.ts";
import { trimText, trimTextEnd } from "../../lib/bytes/trim_text.ts";
import { parseCalendarEvent } from "../../lib/calendar/parse_calendar_event.ts";
import { parseFingerprint } from "../../lib/crypto/fingerprint.ts";
import { parseKeyFile } from "../../lib/crypto/key_file.ts";
import { readPaperKey } from "../../lib/crypto/paper_key.ts";
import { parseTimestamp } from "../../lib/crypto/timestamp.ts";
import { parseShare } from "../../cli/arguments/parse_share.ts";
import { parseGroupFilter } from "../../lib/filters/group_filter.ts";
import { parseLockHolder } from "../../lib/maintenance/maintenance_lock.ts";
import { parseMaintenanceMemory } from "../../lib/maintenance/maintenance_record.ts";
import { parseGcProgress } from "../../lib/datastore/gc_progress.ts";
import { parseGcStatus } from "../../lib/datastore/gc_status.ts";
import { parseExcludeFile } from "../../lib/fs/exclude_file.ts";
import { parseGitignore } from "../../lib/fs/gitignore.ts";
import { trimLine } from "../../lib/fs/list_lines.ts";
import { parseExcludeList } from "../../lib/fs/parse_exclude_list.ts";
import { MatchEntry } from "../../lib/fs/match_entry.ts";
import { Glob } from "../../lib/fs/match_glob.ts";
import { evaluateMatchList } from "../../lib/fs/match_list.ts";
import { parseGlob } from "../../lib/fs/_glob_parser.ts";
import { parseNamedDevice } from "../../lib/guest/guest_disks.ts";
import { readGuestEntries } from "../../lib/guest/guest_entry.ts";
import { parseGuestMap } from "../../lib/guest/guest_map.ts";
import { readVolumeContent } from "../../lib/guest/volume_content.ts";
import { parseMountTable } from "../../lib/pictures/mount_table.ts";
import { parsePictureRecord } from "../../lib/pictures/picture_record.ts";
import { parseJobRecord } from "../../lib/jobs/job_record.ts";
import { parseArchiveName, splitArchiveNames } from "../../lib/repository/archive_name.ts";
import { parseChallenge } from "../../lib/remote/second_factor.ts";
import { parseBackupTime } from "../../lib/repository/backup_time.ts";
import { parseRepository } from "../../lib/repository/parse_repository.ts";
import {
  parseGroupOrSnapshotPath,
  parseGroupPath,
  parseSnapshotPath,
} from "../../lib/repository/snapshot_path.ts";
import { parseUpid } from "../../lib/repository/upid.ts";
import { parseBrowsePath, splitFirst } from "../../lib/server/browse/browse_path.ts";
import {
  parseListenAddress,
  parseServerConfig,
} from "../../lib/server/config/parse_server_config.ts";
import { parseAlertConfig } from "../../lib/server/watching/parse_alert_config.ts";
import { parseToml } from "../../lib/tables/parse_toml.ts";
import { parseSections } from "../../lib/server/config/section_config.ts";
import { parseJobState } from "../../lib/server/jobs/job_states.ts";
import { parseRemotes } from "../../lib/server/remotes/parse_remotes.ts";
import { parseJobs } from "../../lib/server/jobs/parse_jobs.ts";
import { parseBackend } from "../../lib/server/config/datastore_backend.ts";
import { parsePropertyString } from "../../lib/server/config/property_string.ts";
import { parseMaintenance } from "../../lib/server/config/maintenance_mode.ts";
import { parseTuning } from "../../lib/server/config/datastore_tuning.ts";
import { parseCountedRequests } from "../../lib/server/statistics/request_statistics.ts";
import { parseThresholds } from "../../lib/server/config/request_thresholds.ts";
import { parseSectionEntries } from "../../lib/server/sections/parse_section_entries.ts";
import { parseTimeSpan } from "../../lib/time/parse_time_span.ts";
import { parsePackTable } from "../../lib/self_check/pack_table.ts";
import { byteCases, bytesOf, type ParserCases, textCases, type WorkCase } from "./work_case.ts";

const PATTERN_SHAPES = [
  ["", "*", "b"],
  ["", "*a", "b"],
  ["", "**/", "b"],
  ["", "[a", ""],
  ["", "[!a-", "]"],
  ["", "?", ""],
  ["", "\\a", ""],
  ["", "[[", "]"],
] as const;

const TOML_SHAPES = [
  ["", "\n", ""],
  ["", "# a\n", ""],
  ["", "[[a]]\n", ""],
  ["a = [", "1,", "]"],
  ['a = "', "\\\\", '"'],
  ["a = '", "b", "'"],
  ["a = ", "{b=", "1"],
  ["a = ", "1", ""],
  ["", "[", ""],
] as const;

/** A pattern of a size, and paths of a size: either may come from outside. */
function globCases(match: (pattern: Uint8Array, path: Uint8Array) => unknown) {
  const cases: Record<string, WorkCase> = {};
  for (const pattern of ["*a*a*a*b", "**/a/**/a/**/b", "[!b]*[!b]*c", "*/*/*/*b", "?*?*?*b"]) {
    for (const part of ["a", "a/", "/"]) {
      cases[`${pattern} on ${part}…`] = (n) => {
        const path = bytesOf(part.repeat(Math.ceil(n / 8 / part.length)));
        return () => match(bytesOf(pattern), path);
      };
    }
  }
  for (const [start, repeated, end] of PATTERN_SHAPES) {
    cases[`${start}${repeated}…${end} on a path`] = (n) => {
      const pattern = bytesOf(start + repeated.repeat(Math.ceil(n / repeated.length)) + end);
      return () => match(pattern, bytesOf("a/a/aaaa/aaa"));
    };
  }
  return cases;
}

const words = (text: string, n: number) =>
  Array.from({ length: Math.ceil(n / 8) }, () => ({ text, bytes: bytesOf(text) }));
const commandCases = (run: (arguments_: ReturnType<typeof words>) => unknown) =>
  Object.fromEntries(
    ["root.pxar:/", "--exclude=*", "--exclude", "--unknown=1", "-x", "--", "--crypt-mode=none"].map(
      (word): [string, WorkCase] => [word, (n) => {
        const given = words(word, n);
        return () => run(given);
      }],
    ),
  );
const jsonShapes = [
  ["", "[", ""],
  ["", '{"a":', ""],
  ['{"a":"', "b", '"}'],
  ['{"kdf":', " ", "null}"],
  ['{"data":"', "AAAA", '"}'],
  ["{", '"a":1,', '"b":2}'],
  ['{"a":', "1", "}"],
] as const;

/** Parsers of texts: of arguments, files of settings, paths and names. */
export const TEXT_PARSERS: ParserCases = {
  "lib/pictures/mount_table.ts parseMountTable": textCases(
    parseMountTable,
    ["1 2 0:1 / /", "\\040", " rw - ext4 /dev/a rw\n"],
    ["1 2 0:1 / / rw ", "x:1 ", "- ext4 /dev/a rw\n"],
    ["", "1 2 0:1 / / rw - ext4 /dev/a rw\n", ""],
  ),
  "lib/pictures/picture_record.ts parsePictureRecord": textCases(
    parsePictureRecord,
    ["", '{"number":1,"removed":true}\n', ""],
    ['{"number":1,"take":{"kind":"zfs","dataset":"', "a ", '","name":"pbs-client-1"}}\n'],
    ["", "{", "\n"],
    ["[", "[", "\n"],
  ),
  "lib/self_check/pack_table.ts parsePackTable": textCases(
    parsePackTable,
    ["version 1\n", `file 1 - ${"0".repeat(64)} a\n`, `frame 1 1 1 ${"0".repeat(64)}`],
    ["", `frame 1 1 1 ${"0".repeat(64)}\n`, ""],
    ["file 1 - ", "0", ""],
    ["version 1\nfile 1 - ", "a/", ""],
    ["", "frame ", ""],
  ),
  "cli/arguments/parse_boolean.ts parseBoolean": textCases(parseBoolean),
  "lib/bytes/parse_byte_size.ts parseByteSize": textCases(
    parseByteSize,
    ["", "1", " GiB"],
    ["1", " ", "G"],
    ["1.", "1", ""],
  ),
  "cli/arguments/parse_command_line.ts parseCommandLine": commandCases((given) =>
    parseCommandLine(backupCommand, given)
  ),
  "cli/arguments/parse_moment.ts parseMoment": textCases(
    (text) => parseMoment(text, 0),
    ["2026-03-05", " ", ""],
    ["", "2026-03-05T01:00:00Z", ""],
  ),
  "lib/server/watching/parse_alert_config.ts parseAlertConfig": textCases(
    (text) => parseAlertConfig(text, "x"),
    ...TOML_SHAPES,
    ["", '[[watch.groups]]\ngroup = "host/a"\nmax-age = "1d"\n', ""],
  ),
  "lib/time/parse_time_span.ts parseTimeSpan": textCases(
    parseTimeSpan,
    ["", "1h ", ""],
    ["", "1", "s"],
    ["1", " ", "h"],
  ),
  "cli/arguments/read_ansi_quote.ts readAnsiQuote": textCases(
    (text) => readAnsiQuote(text, 0),
    ["", "\\x4", ""],
    ["", "\\", ""],
    ["", "\\777", "'"],
  ),
  "cli/catalog_shell/split_line.ts splitLine": byteCases(
    splitLine,
    ["", "'", ""],
    ["", "$'", ""],
    ["$'", "\\xff", "'"],
    ["", "a\\ ", ""],
  ),
  "cli/catalog_shell/quote_word.ts quoteWord": byteCases(
    (bytes) => ["", "'", '"', "$'"].map((style) => quoteWord(bytes, style as QuoteStyle, true)),
    ["", "'", ""],
    ["", '"', ""],
    ["", "\n", ""],
  ),
  "cli/catalog_shell/quote_word.ts quoteStyleOf": textCases(quoteStyleOf, ["", "'", ""]),
  "cli/arguments/read_arguments.ts readArguments": textCases((text) =>
    readArguments([text], () => bytesOf(`\0${text}\0`))
  ),
  "cli/arguments/split_words.ts splitWords": commandCases((given) =>
    splitWords(backupCommand, given, new ParameterProblems())
  ),
  "cli/arguments/split_shell_line.ts splitShellLine": textCases(
    splitShellLine,
    ["", "'", ""],
    ["", '"', ""],
    ["", "a ", ""],
    ["", "\\ ", ""],
  ),
  "cli/scheduling/split_cron_line.ts splitCronLine": textCases(
    (line) => splitCronLine(line, true),
    ["", " ", ""],
    ["", "a ", ""],
  ),
  "cli/completion/split_unfinished.ts splitUnfinished": textCases(
    splitUnfinished,
    ["", "'", ""],
    ["", '"', ""],
    ["", "a ", ""],
    ["", "\\ ", ""],
  ),
  "cli/files/parse_pattern_lines.ts parsePatternLines": byteCases(
    parsePatternLines,
    ["", "a\n", ""],
    ["", " ", "a"],
    ["a", " ", "b"],
    ["", "#\n", ""],
    ["", "\r\n", ""],
  ),
  "cli/keys/open_encryption_key.ts parseKeyInput": byteCases(parseKeyInput, ...jsonShapes),
  "cli/keys/open_encryption_key.ts decodeKeyText": byteCases(decodeKeyText),
  "cli/secrets/split_shell_words.ts splitShellWords": textCases(
    splitShellWords,
    ["", "'", ""],
    ["", '"', ""],
    ["", "a ", ""],
    ["", "\\ ", ""],
    ["", "$", ""],
  ),
  "cli/output/log_level.ts parseLogThreshold": textCases(parseLogThreshold),
  "lib/backup/parse_archive_spec.ts parseArchiveSpec": byteCases(
    parseArchiveSpec,
    ["", "a", ".pxar:/"],
    ["a.pxar:", "/", ""],
    ["", "a.pxar", ""],
  ),
  "lib/bytes/hex.ts decodeHex": textCases(decodeHex, ["", "0f", ""], ["", "0f", "x"]),
  "lib/bytes/trim_text.ts trimText": textCases((text) => trimText(text, " \n")),
  "lib/bytes/trim_text.ts trimTextEnd": textCases((text) => trimTextEnd(text, " \n")),
  "lib/crypto/fingerprint.ts parseFingerprint": textCases(parseFingerprint, ["", "aa:", ""]),
  "lib/crypto/key_file.ts parseKeyFile": textCases(parseKeyFile, ...jsonShapes),
  "lib/crypto/paper_key.ts readPaperKey": textCases(
    (text) => readPaperKey(text),
    ...jsonShapes,
    ["-----BEGIN RSA PRIVATE KEY-----\n", "a \n", "-----END RSA PRIVATE KEY-----"],
    ["-----BEGIN RSA PRIVATE KEY-----\n", " ", "-----END RSA PRIVATE KEY-----"],
  ),
  "lib/crypto/timestamp.ts parseTimestamp": textCases(parseTimestamp, [
    "2023-11-14T22:13:20.",
    "0",
    "Z",
  ]),
  "lib/alerts/_metric_subjects.ts readMetricSubjects": textCases(
    readMetricSubjects,
    ["", "pbs_client_a{", ""],
    ["", 'pbs_client_a{what="b",name="c"} 1\n', ""],
    ['pbs_client_a{what="b",name="', "\\\\", ""],
    ['pbs_client_a{what="b",name="', 'c"', '"} 1'],
    ['pbs_client_a{what="b",name="c"} ', "1", "x"],
  ),
  "lib/alerts/_state_text.ts readStateText": textCases(
    readStateText,
    ...jsonShapes,
    ['{"version":1,"states":[', '{"target":"","what":"gc","name":"","seenAt":0},', "{}]}"],
  ),
  "lib/datastore/gc_status.ts parseGcStatus": textCases(parseGcStatus, ...jsonShapes),
  "lib/maintenance/maintenance_lock.ts parseLockHolder": textCases(parseLockHolder, ...jsonShapes),
  "lib/maintenance/maintenance_record.ts parseMaintenanceMemory": textCases(
    parseMaintenanceMemory,
    ...jsonShapes,
  ),
  "lib/filters/group_filter.ts parseGroupFilter": textCases(
    parseGroupFilter,
    ["", "exclude:", "type:vm"],
    ["group:host/", "a", ""],
    ["regex:", "(", ""],
    ["regex:", "a", ""],
    ["regex:", "[", ""],
  ),
  "cli/arguments/parse_share.ts parseShare": textCases(
    parseShare,
    ["", "9", "%"],
    ["0.", "9", ""],
    ["", "%", ""],
  ),
  "lib/datastore/gc_progress.ts parseGcProgress": textCases(parseGcProgress, ...jsonShapes),
  "lib/fs/exclude_file.ts parseExcludeFile": byteCases(
    (bytes) => parseExcludeFile(bytes, bytesOf("/a/b"), () => {}),
    ...PATTERN_SHAPES,
    ["", "a\n", ""],
    ["", "# a\n", ""],
    ["", "!\n", ""],
    ["", "a \n", ""],
    ["", "\r\n", ""],
    ["", "[\n", ""],
    ["\ufeff", "a\n", ""],
  ),
  "lib/fs/gitignore.ts parseGitignore": byteCases(
    (bytes) => parseGitignore(bytes, bytesOf("a/b")),
    ...PATTERN_SHAPES,
    ["", "/a\n", ""],
    ["", "a ", ""],
    ["", "\\ ", " "],
    ["[", "[:a", "]"],
    ["[[:", "a", ":]]"],
    ["[", "a-", "]"],
    ["", "[[:alpha:]]\n", ""],
    ["", "[", "\n"],
  ),
  "lib/fs/list_lines.ts trimLine": byteCases(trimLine, ["", " ", ""], ["a", " ", "b"]),
  "lib/fs/parse_exclude_list.ts parseExcludeList": byteCases(
    (bytes) => parseExcludeList(bytes, "list"),
    ...PATTERN_SHAPES,
    ["", "a\n", ""],
    ["", "[\n", ""],
    ["", "a/../", "\n"],
  ),
  "lib/fs/_glob_parser.ts parseGlob": byteCases(parseGlob, ...PATTERN_SHAPES),
  "lib/fs/match_entry.ts MatchEntry": {
    ...byteCases((bytes) => new MatchEntry(bytes), ...PATTERN_SHAPES, ["", "!", ""]),
    ...globCases((pattern, path) => new MatchEntry(pattern).matches(path, true)),
  },
  "lib/fs/match_glob.ts Glob": globCases((pattern, path) => new Glob(pattern).matches(path)),
  "lib/fs/match_list.ts evaluateMatchList": {
    ...globCases((pattern, path) => evaluateMatchList([new MatchEntry(pattern)], path, false)),
    "many patterns": (n) => {
      const list = Array.from({ length: n }, () => new MatchEntry(bytesOf("/a*b")));
      return () => evaluateMatchList(list, bytesOf("/aaaaaaa"), false);
    },
  },
  "lib/bytes/quote_path.ts quotePath": byteCases(quotePath, ["", "\x1b", ""], ["", "\udcff", ""]),
  "lib/repository/archive_name.ts parseArchiveName": textCases(parseArchiveName, [
    "",
    "a.",
    "pxar",
  ]),
  "lib/repository/archive_name.ts splitArchiveNames": textCases(splitArchiveNames, [
    "",
    "a",
    ".mpxar.didx",
  ]),
  "lib/remote/second_factor.ts parseChallenge": textCases(
    (text) => parseChallenge(text, "a@pbs"),
    ["PBS:!tfa!", "[", ""],
    ["PBS:!tfa!{", '"a"%3A1,', '"b"%3A1}:'],
    ["PBS:!tfa!", "%25", ""],
  ),
  "lib/calendar/parse_calendar_event.ts parseCalendarEvent": textCases(
    parseCalendarEvent,
    ["", "1,", "1:00"],
    ["mon", ",mon", " 2:00"],
    ["mon", "..mon", ""],
    ["", "1-", "1"],
    ["*:", "*,", "0/1"],
  ),
  "lib/repository/backup_time.ts parseBackupTime": textCases(parseBackupTime),
  "lib/repository/parse_repository.ts parseRepository": textCases(
    parseRepository,
    ["", "a@b!", ""],
    ["", "a:", ""],
    ["", "[", ""],
    ["[vsock:", "1", "]:store"],
    ["", "[vsock:1]:", "store"],
    ["a@b@", "1.", ":8007:store"],
  ),
  "lib/repository/snapshot_path.ts parseGroupOrSnapshotPath": textCases(parseGroupOrSnapshotPath),
  "lib/repository/snapshot_path.ts parseGroupPath": textCases(parseGroupPath, ["host/", "a", ""]),
  "lib/repository/snapshot_path.ts parseSnapshotPath": textCases(
    parseSnapshotPath,
    ["host/", "a", "/2023-11-14T22:13:20Z"],
    ["host/a/", "2023-11-14T22:13:20Z", ""],
  ),
  "lib/guest/guest_disks.ts parseNamedDevice": textCases(
    parseNamedDevice,
    ["a=/", "a.img", ""],
    ["", "=", ""],
  ),
  "lib/guest/guest_entry.ts readGuestEntries": {
    "entries": (n) => {
      const entry = { filepath: "YQ==", text: "a", type: "f", leaf: true, size: 1, mtime: 1 };
      const list = Array.from({ length: n / 80 }, () => entry);
      return () => readGuestEntries(list);
    },
    "a wrong one behind others": (n) => {
      const entry = { filepath: "a".repeat(n / 4), text: "a", type: "d", leaf: false };
      return () => readGuestEntries([entry, entry, entry, {}]);
    },
  },
  "lib/jobs/job_record.ts parseJobRecord": textCases(
    (text) => parseJobRecord(text, "record"),
    ...jsonShapes,
    ['{"outcome":"ok","repositories":[', '{"name":"a","outcome":"ok"},', "1]}"],
  ),
  "lib/tables/parse_toml.ts parseToml": textCases(
    parseToml,
    ...TOML_SHAPES,
    ["", "[a]\n", ""],
    ["", "[[a]]\n", ""],
    ["[", "a.", "b]"],
    ["", "a.", "b = 1"],
    ["a = ", "[", ""],
    ["a = ", "{b = ", ""],
    ['a = "', "\\u00e4", '"'],
    ["a = [", "1,", "]"],
    ["a = ", "9", ""],
    ["", "# a\n", ""],
    ["", "\n", "="],
  ),
  "lib/guest/guest_map.ts parseGuestMap": textCases(
    (text) => parseGuestMap(text, "map"),
    ["{", '"a":{"pid":1,"cid":1,"ticket":""},', '"b":{"pid":1,"cid":1,"ticket":""}}'],
    ['{"', "a", '":{"pid":1,"cid":1,"ticket":""}}'],
    ["", "[", ""],
  ),
  "lib/guest/volume_content.ts readVolumeContent": byteCases(
    readVolumeContent,
    ["", "LVM2 001", ""],
    ["", "\x0c", ""],
  ),
  "lib/repository/upid.ts parseUpid": textCases(
    parseUpid,
    ["UPID:", "a-", ":00000001:00000001:00000001:00000001:a:b:c@d:"],
    ["UPID:a:00000001:00000001:00000001:00000001:a:", "\\x2d", ":c@d:"],
    ["UPID:a:00000001:00000001:00000001:00000001:a:", "\\", ":c@d:"],
  ),
  "lib/server/browse/browse_path.ts parseBrowsePath": textCases(
    parseBrowsePath,
    ["", "AAAA", ""],
    ["", "AAAA", "===="],
  ),
  "lib/server/browse/browse_path.ts splitFirst": byteCases(splitFirst),
  "lib/server/config/parse_server_config.ts parseListenAddress": textCases(
    parseListenAddress,
    ["[", ":", "]:1"],
    ["vsock:", "1", ""],
  ),
  "lib/server/config/parse_server_config.ts parseServerConfig": textCases(
    (text) => parseServerConfig(text, "server.cfg"),
    ["", "user: joe@pbs\n\tenable 1\n\n", ""],
    ["server: this\n", "\tlisten [::1]:1\n", ""],
    ["acl: /\n", "\tjoe@pbs Admin\n", ""],
    ["datastore: a\n\tpath /", "a ", ""],
  ),
  "lib/server/jobs/job_states.ts parseJobState": textCases(
    parseJobState,
    ['{"since":1,"upid":"', "a", '"}'],
    ["", "[", ""],
    ['{"since":', "1", "}"],
  ),
  "lib/server/remotes/parse_remotes.ts parseRemotes": textCases(
    (text) => parseRemotes(text, "remote.cfg"),
    ["remote: site\n\thost pbs2\n\tauth-id a@pbs\n\tpassword ", "QUJD", "\n"],
    ["remote: site\n\thost pbs2\n\tauth-id a@pbs\n\tpassword ", "=", "\n"],
    ["remote: site\n\tauth-id a@pbs\n\tpassword QUJD\n\thost ", "a:", "\n"],
    ["", "remote: site\n\thost a\n", ""],
  ),
  "lib/server/config/property_string.ts parsePropertyString": textCases(
    (text) => parsePropertyString(text, ["type", "a"], "type"),
    ["", "type=a,", ""],
    ["a=", "b", ""],
    ["a=", "=", ",type"],
  ),
  "lib/server/config/datastore_backend.ts parseBackend": textCases(
    parseBackend,
    ["type=s3,client=aws,bucket=", "a-", "a"],
    ["type=s3,bucket=abc,client=", "a.", "a"],
    ["s3,client=aws,bucket=abc,max-cache-size=", "1", "G"],
  ),
  "lib/server/config/maintenance_mode.ts parseMaintenance": textCases(
    parseMaintenance,
    ["read-only,message=", "a", ""],
    ["type=", "offline", ""],
  ),
  "lib/server/config/datastore_tuning.ts parseTuning": textCases(
    parseTuning,
    ["", "sync-level=file,", ""],
    ["gc-atime-cutoff=", "1", ""],
  ),
  "lib/server/statistics/request_statistics.ts parseCountedRequests": textCases(
    parseCountedRequests,
    ['{"since":', "1", "}"],
    ["", '{"since":1,', ""],
    ["", "[", ""],
    ["{", '"get":1,', '"since":1}'],
  ),
  "lib/server/config/request_thresholds.ts parseThresholds": textCases(
    parseThresholds,
    ["s3-get=", "1", ""],
    ["s3-upload=1", " ", "G"],
    ["", "s3-get=1,", ""],
  ),
  "lib/server/sections/parse_section_entries.ts parseSectionEntries": textCases(
    (text) =>
      parseSectionEntries(
        {
          section: "a",
          schemas: {
            id: { kind: "string" },
            b: { kind: "array", items: { kind: "string" }, optional: true },
            c: { kind: "integer", optional: true },
          },
        },
        text,
        "a.cfg",
      ),
    ["", "a: b\n", ""],
    ["a: b\n", " b c\n", ""],
    ["a: b\n", " d e\n", ""],
    ["a: b\n c ", "1", ""],
  ),
  "lib/server/jobs/parse_jobs.ts parseJobs": textCases(
    (text) => parseJobs("prune", text, "prune.cfg"),
    ["", "prune: abc\n\tstore abc\n\tschedule daily\n", ""],
    ["prune: abc\n", "\tkeep-last 1\n", ""],
    ["prune: abc\n\tstore abc\n\tschedule ", "1,", "1:0"],
    ["prune: abc\n", "\tx y\n", ""],
  ),
  "lib/server/config/section_config.ts parseSections": textCases(
    (text) => parseSections(text, "server.cfg"),
    ["", "a: b\n\n", ""],
    ["a: b\n", "\tc d\n", ""],
    ["a: b\n\tc", " ", "d"],
    ["", "#\n", ""],
  ),
};
