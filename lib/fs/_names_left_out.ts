import { CaptureFlag } from "../../ffi/native_layout.ts";

const LEFT_OUT: readonly (readonly [number, string])[] = [
  [CaptureFlag.HasSelinuxLabel, "security.selinux"],
  [CaptureFlag.HasNfs4Acl, "system.nfs4_acl"],
  [CaptureFlag.HasOtherSecurity, "others of security.*"],
  [CaptureFlag.HasOtherXattrs, "others"],
];

/** Names of the extended attributes that no archive holds. @param flags Flags of all entries. */
export function namesLeftOut(flags: number): string[] {
  return LEFT_OUT.filter(([flag]) => (flags & flag) !== 0).map(([, name]) => name);
}
