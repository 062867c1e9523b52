export { parseTimeSpan } from "../../lib/time/mod.ts";
