/** Forms of a repository. */
export const REPOSITORY_FORMS =
  "a repository is a folder with a slash in its name (/srv/backups, ./backups), a bucket " +
  "(s3:https://host/bucket/datastore) or " +
  "[[user@realm@]server[:port]:]datastore, where the server may be [vsock:CID]";
