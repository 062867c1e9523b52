/** Form of what is extracted (spec: protocol.md §8.3). */
export type GuestFormat = "plain" | "pxar" | "zip" | "tar";

/** All of them. */
export const GUEST_FORMATS: readonly GuestFormat[] = ["plain", "pxar", "zip", "tar"];
