import { ServerError } from "../../errors/mod.ts";
import type {
  HeaderField,
  IncomingRequest,
  OutgoingResponse,
  UpgradeResponse,
} from "../../http/mod.ts";
import { readCredentials, ticketCookie } from "../access/mod.ts";
import {
  type Answer,
  JSON_TYPE,
  ParameterError,
  parseRequestTarget,
  queryParameters,
  readParameters,
  refusalFor,
  refusalResponse,
  type RequestTarget,
  type RouteMatch,
  RouteTable,
  successResponse,
  verifyParameters,
} from "../api/mod.ts";
import type { RestRoute, ServerConnection, ServerState, StaticPermission } from "../state/mod.ts";
import { REST_ROUTES } from "./rest_routes.ts";

/** Path and query together; longer ones are refused (spec: protocol.md §3.2). */
const MAX_TARGET_LENGTH = 3072;
/** Refused logins keep their places for less. */
const RETRY_AFTER_SECONDS = "5";
const TABLE = new RouteTable(REST_ROUTES);

/** A response, and who asked for it. */
export interface RestResult {
  readonly response: OutgoingResponse | UpgradeResponse;
  /** Empty if nobody was identified. */
  readonly authId: string;
}

/** Told what went wrong inside, for the server's own log. */
export type FailureLog = (error: unknown) => void;

/** Answers the requests of the REST API (spec: protocol.md §3). */
export class RestService {
  readonly #state: ServerState;
  readonly #failed: FailureLog;

  /** @param failed Told of errors that are nobody's fault but ours. */
  constructor(state: ServerState, failed: FailureLog) {
    this.#state = state;
    this.#failed = failed;
  }

  /** Answers one request; never throws. */
  async answer(request: IncomingRequest, connection: ServerConnection): Promise<RestResult> {
    const call: Call = { request, connection, authId: "", extended: false };
    try {
      return { response: await this.#answer(call), authId: call.authId };
    } catch (error) {
      return { response: await this.#refuse(call, error), authId: call.authId };
    }
  }

  async #answer(call: Call): Promise<OutgoingResponse | UpgradeResponse> {
    const { request } = call;
    const target = takeTarget(request.target);
    const [root, format, ...components] = target.components;
    if (root !== "api2") {
      throw new UnlabelledRefusal(404, `no such file: '${target.path.slice(1)}'`);
    }
    if (format === undefined) throw new UnlabelledRefusal(404, `invalid api path '${target.path}'`);
    if (format !== "json" && format !== "extjs") {
      throw new UnlabelledRefusal(400, `Unsupported output format '${format}'.`);
    }
    call.extended = format === "extjs";
    const found = TABLE.find(request.method, components);
    const isPublic = found !== undefined && "route" in found && found.route.permission === "public";
    if (!isPublic) await this.#authenticate(call);
    if (found === undefined) throw new ServerError(404, `Path '${target.path}' not found.`);
    if (!("route" in found)) {
      return await this.#succeed(call, { data: found.map((subdir) => ({ subdir })) });
    }
    const answer = await this.#call(call, found, target);
    return "upgrade" in answer ? answer : await this.#succeed(call, answer);
  }

  async #authenticate(call: Call): Promise<void> {
    const { request, connection } = call;
    const credentials = readCredentials(request.headers);
    const authId = credentials &&
      await this.#state.access.authenticate(
        credentials,
        request.method,
        connection.remoteAddress,
      );
    if (authId === undefined) throw new UnlabelledRefusal(401, "authentication failed");
    call.authId = authId;
    connection.clientKnown();
  }

  async #call(
    call: Call,
    { route, variables }: RouteMatch<RestRoute>,
    target: RequestTarget,
  ): Promise<Answer> {
    const { request, connection, authId } = call;
    if (typeof route.permission === "object") {
      await this.#requirePermission(route.permission, variables, authId);
    }
    const raw = route.rawBody ? queryParameters(target.query) : await readParameters(
      request,
      target.query,
      route.permission === "public" ? undefined : connection.answers,
    );
    const values = verifyParameters(route.parameters, raw, variables);
    return await route.handle({ state: this.#state, connection, request, authId }, values);
  }

  async #requirePermission(
    { path, privileges, orBelow }: StaticPermission,
    variables: ReadonlyMap<string, string>,
    authId: string,
  ): Promise<void> {
    const { rules } = this.#state.access;
    const where = path(variables);
    const granted = orBelow
      ? rules.hasAnyAtOrBelow(authId, where, privileges)
      : rules.hasAny(authId, where, privileges);
    if (granted) return;
    await this.#state.delay(this.#state.delays.forbiddenMs);
    throw new ServerError(403, "permission check failed");
  }

  async #succeed(
    { request, extended, connection: { answers } }: Call,
    answer: Exclude<Answer, UpgradeResponse>,
  ): Promise<OutgoingResponse> {
    if (!extended || "raw" in answer) return await successResponse(request, answer, answers);
    const attributes = { status: 200, success: true, ...answer.attributes };
    return await successResponse(request, { ...answer, attributes }, answers);
  }

  async #refuse(call: Call, error: unknown): Promise<OutgoingResponse> {
    const { status, text } = refusalFor(error);
    if (status === 500) this.#failed(error);
    const headers: HeaderField[] = [];
    if (status === 429 || status === 503) headers.push(["retry-after", RETRY_AFTER_SECONDS]);
    if (status === 401) {
      await this.#state.delay(this.#state.delays.unauthorizedMs);
      headers.push(["set-cookie", ticketCookie(undefined)]);
    }
    if (error instanceof UnlabelledRefusal) {
      return refusalResponse(status, text, undefined, headers);
    }
    if (!call.extended) return refusalResponse(status, text, JSON_TYPE, headers);
    const problems = error instanceof ParameterError ? error.problems : [];
    const errors = Object.fromEntries(problems.map(({ name, text }) => [name, text]));
    const message = problems.length > 0 ? "parameter verification errors" : text;
    const body = JSON.stringify({ errors, message, status, success: false });
    return { ...refusalResponse(status, body, JSON_TYPE, headers), status: 200 };
  }
}

/** A request on its way through the service. */
interface Call {
  readonly request: IncomingRequest;
  readonly connection: ServerConnection;
  authId: string;
  /** Whether errors are answered with status 200 (spec: protocol.md §3.6). */
  extended: boolean;
}

/** A refusal that comes without content type, as it was none of the API's calls that refused. */
class UnlabelledRefusal extends ServerError {}

function takeTarget(text: string): RequestTarget {
  let target: RequestTarget;
  try {
    target = parseRequestTarget(text);
  } catch (error) {
    const { status, text } = refusalFor(error);
    throw new UnlabelledRefusal(status, text);
  }
  if (target.path.length + target.query.length > MAX_TARGET_LENGTH) {
    throw new UnlabelledRefusal(414, "");
  }
  return target;
}
