import { useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";
import type { View } from "../log/window.js";

/**
 * What of a scrolling table is in sight, kept up to date as it is scrolled and resized.
 *
 * @param head the table's head, which stays in sight above the rows
 */
export function useView(
  scroller: RefObject<HTMLElement | null>,
  head: RefObject<HTMLElement | null>,
  rowHeight: number,
): View {
  const top = useSignal(0);
  const height = useSignal(0);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const onScroll = () => {
      top.value = element.scrollTop;
    };
    const observer = new ResizeObserver(() => {
      height.value = element.clientHeight - (head.current?.offsetHeight ?? 0);
      onScroll();
    });
    element.addEventListener("scroll", onScroll, { passive: true });
    observer.observe(element);
    return () => {
      element.removeEventListener("scroll", onScroll);
      observer.disconnect();
    };
  }, []);
  return { top: top.value, height: height.value, rowHeight };
}
