import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { PageLoginResult } from "../../lib/page/page_api.ts";
import { Failure } from "../parts/await.tsx";
import { Button } from "../parts/button.tsx";
import { asPageError, PageError } from "../requests/page_error.ts";
import { act } from "../requests/send_request.ts";
import { session } from "../state/session.ts";
import { forgetAnswers } from "../state/use_load.ts";

type SecondStep = Extract<PageLoginResult, { readonly state: "second-factor" }>;

/** The way in: name and password, then a second factor if the account has one. */
export function Login(): JSX.Element {
  const [user, setUser] = useState("");
  const [password, setPassword] = useState("");
  const [step, setStep] = useState<SecondStep>();
  const [error, setError] = useState<PageError>();
  const [isBusy, setBusy] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  // Before the next key can come: it would be lost.
  useLayoutEffect(() => first.current?.focus(), [step]);
  const attempt = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const result = await act("login", {
        user,
        password,
        ...step === undefined ? {} : { challenge: step.challenge },
      });
      setPassword("");
      if (result.state === "second-factor") setStep(result);
      else {
        forgetAnswers();
        session.value = result.session;
      }
    } catch (cause) {
      setError(asPageError(cause));
      setPassword("");
      first.current?.focus();
    }
    setBusy(false);
  };
  return (
    <main class="login" id="content">
      <form class="card login-card" onSubmit={attempt}>
        <h1>{step === undefined ? "Log in" : "Second factor"}</h1>
        <p class="faint">{session.value?.title}</p>
        {error && <Failure error={error.code === "login" ? refusedLogin(error) : error} />}
        {step === undefined
          ? (
            <>
              <label class="field">
                <span>User</span>
                <input
                  ref={first}
                  name="user"
                  autoComplete="username"
                  autocapitalize="none"
                  spellcheck={false}
                  placeholder="name@pbs"
                  required
                  value={user}
                  onInput={(input) => setUser(input.currentTarget.value)}
                />
              </label>
              <label class="field">
                <span>Password</span>
                <input
                  name="password"
                  type="password"
                  autoComplete="current-password"
                  required
                  value={password}
                  onInput={(input) => setPassword(input.currentTarget.value)}
                />
              </label>
            </>
          )
          : (
            <label class="field">
              <span>{secondFactorName(step)}</span>
              <input
                key="code"
                ref={first}
                name="code"
                autoComplete="one-time-code"
                autocapitalize="none"
                spellcheck={false}
                required
                value={password}
                onInput={(input) => setPassword(input.currentTarget.value)}
              />
            </label>
          )}
        <div class="login-foot">
          {step !== undefined && (
            <Button
              onPress={() => {
                setStep(undefined);
                setPassword("");
                setError(undefined);
              }}
            >
              Back
            </Button>
          )}
          <button type="submit" class="button main" disabled={isBusy}>
            <span>{isBusy ? "Please wait…" : step === undefined ? "Log in" : "Confirm"}</span>
          </button>
        </div>
      </form>
    </main>
  );
}

function secondFactorName({ totp, recovery }: SecondStep): string {
  if (totp && recovery) return "Code of your app, or a recovery key";
  return totp ? "Code of your app" : "Recovery key";
}

function refusedLogin(error: PageError): PageError {
  return new PageError("failed", error.message);
}

/** What there is to say in `browse` when the page is not let in any more. */
export function NoSession(): JSX.Element {
  return (
    <main class="login" id="content">
      <div class="card login-card">
        <h1>This page has ended</h1>
        <p>
          It is served by{" "}
          <code>pbs-client browse</code>, which gives out an address that is good for one browser.
          Start it again, and open the address that it prints.
        </p>
      </div>
    </main>
  );
}
