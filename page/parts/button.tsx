import type { ComponentChildren, JSX } from "preact";
import { Icon, type IconName } from "./icon.tsx";

/** A button, with a picture if one is named. */
export function Button(
  { icon, kind = "plain", label, disabled, pressed, onPress, children }: {
    readonly icon?: IconName;
    readonly kind?: "plain" | "main" | "danger" | "quiet";
    /** Its name, where no text is shown. */
    readonly label?: string;
    readonly disabled?: boolean;
    readonly pressed?: boolean;
    readonly onPress: () => void;
    readonly children?: ComponentChildren;
  },
): JSX.Element {
  return (
    <button
      type="button"
      class={`button ${kind}${children === undefined ? " only-icon" : ""}`}
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      disabled={disabled}
      onClick={onPress}
    >
      {icon && <Icon name={icon} />}
      {children !== undefined && <span>{children}</span>}
    </button>
  );
}
