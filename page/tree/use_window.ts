import type { RefObject } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";

/** More than this a browser cannot lay out; longer lists scroll in larger steps. */
const TALLEST = 12_000_000;
/** Rows beyond the edges that are drawn as well, so that a fast turn of the wheel shows no gap. */
const MARGIN_ROWS = 12;

/** The rows of a long list that are in sight. */
export interface Window {
  /** The element that scrolls. */
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly first: number;
  /** After the last. */
  readonly end: number;
  /** Height of all rows, pixels. */
  readonly height: number;
  /** Where a row is, pixels from the top of all. */
  topOf(row: number): number;
  /** Brings a row into sight. */
  reveal(row: number, where?: "nearest" | "middle"): void;
  /** Rows that fit. */
  readonly visible: number;
}

/** Says which rows of a long list have to be drawn. */
export function useWindow(rows: number, rowHeight: number): Window {
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    let frame = 0;
    const look = () => {
      frame = 0;
      const { scrollTop: top, clientHeight: height } = element;
      setView((old) => old.top === top && old.height === height ? old : { top, height });
    };
    const later = () => {
      if (frame === 0) frame = requestAnimationFrame(look);
    };
    element.addEventListener("scroll", later, { passive: true });
    const sizes = new ResizeObserver(later);
    sizes.observe(element);
    look();
    return () => {
      cancelAnimationFrame(frame);
      element.removeEventListener("scroll", later);
      sizes.disconnect();
    };
  }, []);
  const full = rows * rowHeight;
  const height = Math.min(full, TALLEST);
  const visible = Math.max(1, Math.floor(view.height / rowHeight));
  // In a list that is too tall, the share that is scrolled says which row is at the top.
  const isScaled = full > TALLEST;
  const scrollable = Math.max(1, height - view.height);
  const shift = isScaled ? (view.top / scrollable) * (full - view.height) - view.top : 0;
  const start = Math.floor((view.top + shift) / rowHeight);
  const first = Math.max(0, start - MARGIN_ROWS);
  const end = Math.min(rows, start + visible + 2 + MARGIN_ROWS);
  const reveal = useCallback((row: number, where: "nearest" | "middle" = "nearest") => {
    const element = scroller.current;
    if (element === null) return;
    const [top, inside] = [row * rowHeight, element.clientHeight];
    const current = isScaled
      ? (element.scrollTop / scrollable) * (full - inside)
      : element.scrollTop;
    let target = current;
    if (where === "middle" && (top < current || top + rowHeight > current + inside)) {
      target = top - inside / 2;
    } else if (top < current) target = top;
    else if (top + rowHeight > current + inside) target = top + rowHeight - inside;
    if (target === current) return;
    element.scrollTop = isScaled ? target / (full - inside) * scrollable : target;
    setView({ top: element.scrollTop, height: inside });
  }, [rows, rowHeight]);
  return {
    scroller,
    first,
    end,
    height,
    topOf: (row) => row * rowHeight - shift,
    reveal,
    visible,
  };
}
