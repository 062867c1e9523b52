import { parseInUseMarker } from "../../lib/bucket/mod.ts";
import { parseBucketAddress } from "../../lib/repository/parse_repository.ts";
import {
  parseBucketList,
  parseDeletion,
  parseErrorAnswer,
  parseListing,
} from "../../lib/s3/_parse_answers.ts";
import { parseXml } from "../../lib/s3/_xml.ts";
import { parsePublished, parseSessionIds } from "../../lib/shared_bucket/_collection.ts";
import { parseDecision } from "../../lib/shared_bucket/_decision.ts";
import { parseDigests } from "../../lib/shared_bucket/_digest_list.ts";
import { parseSessionOwner } from "../../lib/shared_bucket/_session_owner.ts";
import { parsePrefixOwner } from "../../lib/shared_bucket/prefix_owner.ts";
import { byteCases, type ParserCases, textCases } from "./work_case.ts";

const CONTENTS =
  "<Contents><Key>a</Key><Size>1</Size><LastModified>2026-11-29T20:57:05Z</LastModified></Contents>";

/** Texts that are hard for those who read XML, below an element. */
function xmlShapes(root: string): (readonly [string, string, string])[] {
  const [open, close] = [`<${root}>`, `</${root}>`];
  return [
    [open, "<a>", close],
    [open, "<a/>", close],
    [open, "</a>", close],
    [open, "<a", close],
    [`${open}<a `, 'b="c" ', `/>${close}`],
    [`${open}<a b="`, "c ", `"/>${close}`],
    [open, "&amp;", close],
    [open, "&a", close],
    [open, "&#", close],
    [`${open}<![CDATA[`, "]]", `]]>${close}`],
    [`${open}<!--`, "-", `-->${close}`],
    [`<!DOCTYPE a [`, '<!ENTITY a "&a;&a;">', `]>${open}&a;${close}`],
    ["<?xml ", "a ", `?>${open}${close}`],
    ["<", "a:", ">"],
  ];
}

/** Answers of object stores. */
export const OBJECT_STORE_PARSERS: ParserCases = {
  "lib/bucket/in_use_marker.ts parseInUseMarker": textCases(
    (text) => parseInUseMarker(new TextEncoder().encode(text)),
    ['{"hostname":"', "a", '"}'],
    ['{"hostname":', "[", ""],
    ["", "{", ""],
    ["{", '"hostname":"a",', '"shared":1}'],
  ),
  "lib/repository/parse_repository.ts parseBucketAddress": textCases(
    parseBucketAddress,
    ["s3:https://", "a", "/bucket/store"],
    ["s3:https://", "a.", "/bucket/store"],
    ["s3:https://host/bucket/store?", "region=a&", ""],
    ["s3:https://host", "/", ""],
    ["s3:https://host/bucket/", "%", ""],
  ),
  "lib/shared_bucket/_collection.ts parsePublished": textCases(
    (text) => parsePublished(new TextEncoder().encode(text)),
    ['{"marked":[', '{"path":"a","stamp":"b"},', '{"path":"a","stamp":"b"}]}'],
    ['{"marked":[', "1,", "1]}"],
    ['{"marked":', "[", ""],
  ),
  "lib/shared_bucket/_collection.ts parseSessionIds": textCases(
    (text) => parseSessionIds(new TextEncoder().encode(text)),
    ["[", '"a",', '"a"]'],
    ["", "[", ""],
  ),
  "lib/shared_bucket/_decision.ts parseDecision": textCases(
    (text) => parseDecision(new TextEncoder().encode(text)),
    ['{"decision":"', "a", '"}'],
    ['{"decision":', "[", ""],
  ),
  "lib/shared_bucket/_digest_list.ts parseDigests": byteCases((bytes) => parseDigests(bytes, "x")),
  "lib/shared_bucket/_session_owner.ts parseSessionOwner": textCases(
    (text) => parseSessionOwner(new TextEncoder().encode(text)),
    ['{"host":"', "a", '"}'],
    ['{"process":', "[", ""],
  ),
  "lib/shared_bucket/prefix_owner.ts parsePrefixOwner": textCases(
    (text) => parsePrefixOwner(new TextEncoder().encode(text)),
    ['{"hostname":"', "a", '"}'],
    ['{"hostname":', "[", ""],
  ),
  "lib/s3/_xml.ts parseXml": textCases(parseXml, ...xmlShapes("a")),
  "lib/s3/_parse_answers.ts parseListing": textCases(
    parseListing,
    ["<ListBucketResult>", CONTENTS, "</ListBucketResult>"],
    ["<ListBucketResult><Contents>", "<Size>1</Size>", "</Contents></ListBucketResult>"],
    ["<ListBucketResult>", "<IsTruncated>a</IsTruncated>", "</ListBucketResult>"],
  ),
  "lib/s3/_parse_answers.ts parseDeletion": textCases(
    parseDeletion,
    ["<DeleteResult>", "<Error><Key>a</Key></Error>", "</DeleteResult>"],
    ["<DeleteResult><Error>", "<Key>a</Key>", "</Error></DeleteResult>"],
  ),
  "lib/s3/_parse_answers.ts parseBucketList": textCases(
    parseBucketList,
    ["<ListAllMyBucketsResult>", "<Buckets></Buckets>", "</ListAllMyBucketsResult>"],
  ),
  "lib/s3/_parse_answers.ts parseErrorAnswer": textCases(
    parseErrorAnswer,
    ["<Error>", "<Code>a</Code>", "</Error>"],
    ["<Error><Message>", "a", "</Message></Error>"],
  ),
};
