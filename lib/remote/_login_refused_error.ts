import { AuthError } from "../errors/mod.ts";

/** The ticket or token itself was refused; a lack of privileges has the same status on the wire. */
export class LoginRefusedError extends AuthError {}
