import type { JSX } from "preact";
import { Button } from "../parts/button.tsx";
import type { IconName } from "../parts/icon.tsx";
import { chooseTheme, type Theme, theme } from "../state/theme.ts";

const NEXT: Record<Theme, readonly [Theme, IconName, string]> = {
  system: ["light", "system", "Colours: as the system has them"],
  light: ["dark", "sun", "Colours: light"],
  dark: ["system", "moon", "Colours: dark"],
};

/** Changes between the colours of the system, light and dark. */
export function ThemeSwitch(): JSX.Element {
  const [next, icon, label] = NEXT[theme.value];
  return <Button kind="quiet" icon={icon} label={label} onPress={() => chooseTheme(next)} />;
}
