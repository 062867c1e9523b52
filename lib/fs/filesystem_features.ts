import { CaptureFeature } from "../../ffi/native_layout.ts";

/** `f_type` of file systems that are treated in a special way (spec: pxar.md §8.2). */
export const FileSystemMagic = {
  Ext4: 0x0000_ef53,
  Xfs: 0x5846_5342,
  Zfs: 0x2fc1_2fc1,
  Msdos: 0x0000_4d44,
  Fuse: 0x6573_5546,
} as const;

// spec: pxar.md §8.3
const VIRTUAL: ReadonlySet<number> = new Set([
  0x4249_4e4d, // binfmt_misc
  0x6367_7270, // cgroup2
  0x0027_e0eb, // cgroup
  0x6265_6570, // configfs
  0x6462_6720, // debugfs
  0x0000_1cd1, // devpts
  0xde5e_81e4, // efivarfs
  0x6573_5543, // fusectl
  0x9584_58f6, // hugetlbfs
  0x1980_0202, // mqueue
  0x6e66_7364, // nfsd
  0x0000_9fa0, // proc
  0x6759_6969, // rpc_pipefs
  0x7363_6673, // securityfs
  0xf97c_ff8c, // selinuxfs
  0x4341_5d53, // smackfs
  0x6265_6572, // sysfs
  0x6165_676c, // pstore
]);

const PROJECT_ID: ReadonlySet<number> = new Set([
  FileSystemMagic.Ext4,
  FileSystemMagic.Xfs,
  FileSystemMagic.Zfs,
]);

const FAT_ATTRIBUTES: ReadonlySet<number> = new Set([FileSystemMagic.Msdos, FileSystemMagic.Fuse]);

/** Whether a file system holds nothing that could be backed up. @param magic `f_type`, unsigned. */
export function isVirtualFileSystem(magic: number): boolean {
  return VIRTUAL.has(magic);
}

/**
 * The metadata to read on a file system.
 *
 * Extended attributes, ACLs and capabilities are tried everywhere, also where the reference's table
 * says no (tmpfs, FUSE): what is there is kept, and a file system that refuses is not asked again.
 *
 * @param magic `f_type`, unsigned.
 * @param wanted Bits of {@linkcode CaptureFeature} that the user wants.
 */
export function captureFeatures(magic: number, wanted: number): number {
  let supported: number = CaptureFeature.Xattrs | CaptureFeature.Acl | CaptureFeature.Fcaps;
  if (PROJECT_ID.has(magic)) supported |= CaptureFeature.ProjectId;
  if (FAT_ATTRIBUTES.has(magic)) supported |= CaptureFeature.FatAttributes;
  return supported & wanted;
}
