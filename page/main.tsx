import { render } from "preact";

render(<p>pbs-client</p>, document.getElementById("app")!);
