// Files of a snapshot whose names are fixed (spec: datastore-formats.md §4.10, §6.2).

/** File name of the manifest in a snapshot. */
export const MANIFEST_BLOB_NAME = "index.json.blob";
/** File name of the client's log; not in the manifest. */
export const CLIENT_LOG_BLOB_NAME = "client.log.blob";
/** File name of the RSA-encrypted key. */
export const ENCRYPTED_KEY_BLOB_NAME = "rsa-encrypted.key.blob";
/** File name of the catalog. */
export const CATALOG_NAME = "catalog.pcat1.didx";
