import { NotFoundError, PbsError, ServerError } from "../../errors/mod.ts";
import type { IncomingRequest, OutgoingResponse, RequestHandler } from "../../http/mod.ts";
import type { ConnectionAnswers } from "../memory/mod.ts";
import {
  JSON_TYPE,
  parseRequestTarget,
  queryParameters,
  readParameters,
  refusalFor,
  refusalResponse,
  type RequestTarget,
  type Route,
  type RouteMatch,
  type RouteTable,
  successResponse,
  verifyParameters,
} from "../api/mod.ts";

/** Everything that a handler gets beside the session. */
export interface ProtocolRequest {
  readonly request: IncomingRequest;
}

/** How a protocol of an upgraded connection answers its requests (spec: protocol.md §4.6). */
export interface ProtocolOptions<Session> {
  readonly session: Session;
  readonly table: RouteTable<Route<Session & ProtocolRequest>>;
  /** Told of every refusal. */
  readonly refused: (request: IncomingRequest, status: number, text: string) => void;
  /** Budget of answers held in memory for the client. */
  readonly answers: ConnectionAnswers;
  /** Delay of an answer with status 401. */
  readonly unauthorized: () => Promise<void>;
}

/**
 * Makes the handler of an upgraded connection. What is found before the call itself runs is refused
 * without a content type (spec: protocol.md §3.2).
 */
export function protocolHandler<Session>(options: ProtocolOptions<Session>): RequestHandler {
  return async (request) => {
    let response: OutgoingResponse;
    try {
      response = await answer(request, options);
    } catch (error) {
      const early = error instanceof EarlyRefusal;
      const { status, text } = refusalFor(early ? error.cause : error);
      options.refused(request, status, text);
      if (status === 401) await options.unauthorized();
      response = refusalResponse(status, text, early ? undefined : JSON_TYPE);
    }
    return response;
  };
}

async function answer<Session>(
  request: IncomingRequest,
  { session, table, answers }: ProtocolOptions<Session>,
): Promise<OutgoingResponse> {
  let target: RequestTarget;
  let found: RouteMatch<Route<Session & ProtocolRequest>> | readonly string[] | undefined;
  try {
    target = parseRequestTarget(request.target);
    found = table.find(request.method, target.components);
  } catch (cause) {
    throw new EarlyRefusal(cause);
  }
  if (found === undefined) throw new ServerError(404, `Path '${target.path}' not found.`);
  if (!("route" in found)) {
    const data = found.map((subdir) => ({ subdir }));
    return await successResponse(request, { data }, answers);
  }
  const { route, variables } = found;
  const values = await (async () => {
    try {
      const raw = route.rawBody
        ? queryParameters(target.query)
        : await readParameters(request, target.query, answers);
      return verifyParameters(route.parameters, raw, variables);
    } catch (cause) {
      throw new EarlyRefusal(cause);
    }
  })();
  const result = await route.handle({ ...session, request }, values);
  if ("upgrade" in result) throw new TypeError("there is no upgrade on an upgraded connection");
  return await successResponse(request, result, answers);
}

/** Something that was refused before the call itself ran. */
class EarlyRefusal extends Error {
  constructor(cause: unknown) {
    super("", { cause });
  }
}

/** A file that was not found, as these protocols say it: 404 for blobs, 400 for indexes. */
export function fileRefusal(error: unknown, name: string): unknown {
  if (!(error instanceof NotFoundError)) return error;
  return name.endsWith(".blob")
    ? new ServerError(404, `file "${name}" not found`, { cause: error })
    : new PbsError(`cannot open index "${name}": it does not exist`, { cause: error });
}
