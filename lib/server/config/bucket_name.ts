/** Whether a text can be the name of a bucket (spec: s3-datastore.md §2.2). */
export function isBucketName(text: string): boolean {
  return text.length >= 3 && text.length <= 63 && /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(text) &&
    !/^(?:xn--|sthree-|amzn-s3-demo-)/.test(text) && !/(?:--ol-s3|\.mrap|--x-s3)$/.test(text);
}
