/**
 * Page: what is shown of repositories in a browser.
 *
 * The *page* is a program for browsers, whose files are *assets*. It sends *requests* to the server it
 * came from, of which it gets *answers*; both are described in `page_api.ts`, for both sides. A
 * *service* answers a *caller*, of whom whoever serves the page has made sure; the caller's *source*
 * says which datastores there are and how they are reached. An *opened snapshot* stays open for a
 * while, since looking into one takes many requests.
 *
 * @module
 */

export * from "./page_api.ts";
export { returnLargeBlocks as keepMemorySmall } from "../../ffi/allocator.ts";
export { LoopbackPageServer } from "./loopback_page_server.ts";
export { PageAssets } from "./page_assets.ts";
export { PageService } from "./page_service.ts";
export type {
  ListedJob,
  ListedStore,
  PageCaller,
  PageJobKind,
  PageJobSource,
  PageSource,
  PageStoreAccess,
  PageTaskSource,
} from "./page_source.ts";
export { type OpenedRepository, SinglePageSource } from "./single_page_source.ts";
export { checkOrigin, cookieOf, type PageTarget, parsePageTarget } from "./_page_target.ts";
export { PageParameters } from "./_page_parameters.ts";
export { PageError, refusalResponse } from "./_refusal.ts";
export { jsonResponse } from "./_response.ts";
