/**
 * Page: what is shown of repositories in a browser.
 *
 * The *page* is a program for browsers. It sends *requests* to the server it came from, of which it
 * gets *answers*; both are described in `page_api.ts`, for both sides.
 *
 * @module
 */

export * from "./page_api.ts";
