import { signal } from "@preact/signals";

/** Colours: as the system has them, or chosen. */
export type Theme = "system" | "light" | "dark";

const KEY = "pbs-client-theme";

function stored(): Theme {
  try {
    const text = localStorage.getItem(KEY);
    return text === "light" || text === "dark" ? text : "system";
  } catch {
    return "system"; // storage may be forbidden
  }
}

/** The chosen colours. */
export const theme = signal<Theme>(stored());

/** Sets the colours of the document, and keeps them for the next visit. */
export function chooseTheme(next: Theme): void {
  theme.value = next;
  applyTheme();
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // They last as long as the page, then.
  }
}

/** Gives the document the chosen colours. */
export function applyTheme(): void {
  const { dataset } = document.documentElement;
  if (theme.value === "system") delete dataset.theme;
  else dataset.theme = theme.value;
}
