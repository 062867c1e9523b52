/**
 * The page in the browser, behind the server's login.
 *
 * What somebody looks at is asked of the REST API and the reader protocol of this same server, over
 * connections *within* the process and with the ticket that the browser has sent. So nobody sees or
 * does by the page what the API would refuse.
 *
 * @module
 */

export * from "./server_page.ts";
