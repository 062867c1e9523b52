import puppeteer, { type Browser as Chromium, type Page } from "puppeteer-core";
import { TempDir } from "../support/temp_dir.ts";

const PROGRAM = "/usr/bin/chromium";
/** Milliseconds after which a test says what it waited for in vain. */
const PATIENCE_MS = 120_000;

/** Width and colours of a screen. */
export interface Screen {
  readonly width: number;
  readonly height: number;
  readonly colours: "light" | "dark";
}

/** The three that everything is looked at with. */
export const SCREENS: Readonly<Record<"light" | "dark" | "phone", Screen>> = {
  light: { width: 1280, height: 860, colours: "light" },
  dark: { width: 1280, height: 860, colours: "dark" },
  phone: { width: 360, height: 740, colours: "light" },
};

/** Steps of a test of which each needs the one before it: after one that fails there is no other. */
export function stepsOf(
  context: Deno.TestContext,
): (name: string, run: () => Promise<void>) => Promise<void> {
  return async (name, run) => {
    if (!await context.step(name, run)) throw new Error(`the steps after "${name}" are left out`);
  };
}

/** A headless Chromium with a profile of its own, that goes with the scope. */
export class Browser implements AsyncDisposable {
  private constructor(readonly chromium: Chromium, readonly profile: TempDir) {}

  /** Starts it; what it downloads goes to the folder `downloads` of its profile. */
  static async start(): Promise<Browser> {
    const profile = await TempDir.make("/dev/shm");
    const chromium = await puppeteer.launch({
      executablePath: PROGRAM,
      headless: true,
      userDataDir: `${profile.path}/profile`,
      acceptInsecureCerts: true,
      env: { ...Deno.env.toObject(), TZ: "UTC" },
      downloadBehavior: { policy: "allow", downloadPath: `${profile.path}/downloads` },
      // Root has no sandbox; nothing of what is not asked for goes to the network.
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
    });
    return new Browser(chromium, profile);
  }

  /** Opens a tab. */
  async open(address: string, screen: Screen = SCREENS.light): Promise<Tab> {
    const page = await this.chromium.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const tab = new Tab(page, new URL(address).origin);
    await tab.useScreen(screen);
    await page.goto(address);
    return tab;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.chromium.close();
    await this.profile[Symbol.asyncDispose]();
  }
}

/** A tab, and what went wrong in it. */
export class Tab {
  /** Errors, lines of the console, and requests to others: there should be none. */
  readonly complaints: string[] = [];

  constructor(readonly page: Page, origin: string) {
    page.on("console", (line) => {
      if (["error", "warn"].includes(line.type())) this.complaints.push(line.text());
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(`${origin}/`) && !/^(?:data|about|blob):/.test(url)) {
        this.complaints.push(`request to ${url}`);
      }
    });
  }

  /** Changes the size of the window and its colours. */
  async useScreen({ width, height, colours }: Screen): Promise<void> {
    await this.page.setViewport({ width, height });
    await this.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: colours }]);
  }

  /** Shows another part of the page, by what follows the `#` of its address. */
  async go(hash: string): Promise<void> {
    await this.page.evaluate((next: string) => {
      (globalThis as unknown as { location: { hash: string } }).location.hash = next;
    }, hash);
  }

  /** Waits for a text anywhere on the page. */
  async shows(text: string): Promise<void> {
    await this.#wait(`the text "${text}"`, (wanted) => {
      // deno-lint-ignore no-explicit-any -- runs in the browser, whose types are not these
      return (globalThis as any).document.body.innerText.includes(wanted);
    }, text);
  }

  /** Waits until a text is nowhere on the page. */
  async hides(text: string): Promise<void> {
    await this.#wait(`the end of the text "${text}"`, (wanted) => {
      // deno-lint-ignore no-explicit-any -- as above
      return !(globalThis as any).document.body.innerText.includes(wanted);
    }, text);
  }

  async #wait(what: string, check: (text: string) => boolean, text: string): Promise<void> {
    try {
      await this.page.waitForFunction(check, { polling: 50 }, text);
    } catch (cause) {
      throw new Error(`${what} did not come; the page says:\n${await this.text()}`, { cause });
    }
  }

  /** What is written on the page, in one line. */
  async text(): Promise<string> {
    const text = await this.page.evaluate("document.body.innerText") as string;
    return text.replaceAll(/\s+/g, " ");
  }

  /** Presses what has a role and a name for readers of the screen. */
  async press(role: string, name: string): Promise<void> {
    try {
      await this.page.locator(`aria/${name}[role="${role}"]`).click();
    } catch (cause) {
      throw new Error(`no ${role} "${name}" could be pressed on:\n${await this.text()}`, { cause });
    }
  }

  /** Types into a field that has a name for readers of the screen. */
  async fill(name: string, text: string): Promise<void> {
    await this.page.locator(`aria/${name}`).fill(text);
  }

  /** Name, as readers of the screen hear it, and role of what has the focus. */
  async focused(): Promise<{ readonly name: string; readonly role: string }> {
    const tree = await this.page.accessibility.snapshot();
    const open = tree === null ? [] : [tree];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (node.focused === true && node.role !== "RootWebArea") {
        return { name: node.name ?? "", role: node.role };
      }
      open.push(...node.children ?? []);
    }
    return { name: "", role: "" };
  }

  /** Presses keys without waiting between them. */
  async together(...keys: readonly string[]): Promise<void> {
    await Promise.all(keys.map((key) => this.page.keyboard.press(key as "Enter")));
  }

  /** Presses keys one after the other. */
  async keys(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key as "Enter");
  }
}
