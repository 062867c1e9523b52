import { render } from "preact";
import { followAddress } from "./state/route.ts";
import { applyTheme } from "./state/theme.ts";
import { App } from "./views/app.tsx";

applyTheme();
followAddress();
render(<App />, document.getElementById("app")!);
