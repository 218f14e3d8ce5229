// A long list of which only what can be seen is on the page. All rows are equally high.

import { useState, type ReactNode, type UIEvent } from "react";

const rowHeight = 68;
// More than any screen shows at once, before it is known how much it does.
const firstHeight = 1200;

interface WindowProps<Item> {
  readonly items: readonly Item[];
  keyOf(item: Item): string;
  row(item: Item): ReactNode;
}

export function Window<Item>({ items, keyOf, row }: WindowProps<Item>) {
  const [{ top, height }, setView] = useState({ top: 0, height: firstHeight });
  const first = Math.max(0, Math.floor(top / rowHeight) - 4);
  const last = Math.min(items.length, Math.ceil((top + height) / rowHeight) + 4);
  const scrolled = ({ currentTarget }: UIEvent<HTMLElement>) =>
    setView({ top: currentTarget.scrollTop, height: currentTarget.clientHeight });
  return (
    <div className="window" onScroll={scrolled}>
      <ul style={{ height: items.length * rowHeight }}>
        {items.slice(first, last).map((item, i) => (
          <li key={keyOf(item)} style={{ top: (first + i) * rowHeight, height: rowHeight }} aria-setsize={items.length} aria-posinset={first + i + 1}>
            {row(item)}
          </li>
        ))}
      </ul>
    </div>
  );
}
