// Ant Design computes its styles in the page. The content security policy admits no style elements, so they go into an
// element that is not part of the page, and are applied from there as constructed style sheets, in the same order.

const applied = new WeakMap<Node, { css: string; sheet: CSSStyleSheet }>();

// For StyleProvider.
export const styleContainer = document.createElement("div");

function sheetOf(node: Node): CSSStyleSheet {
  const css = node.textContent ?? "";
  const known = applied.get(node);
  if (known?.css === css) return known.sheet;
  const sheet = known?.sheet ?? new CSSStyleSheet();
  sheet.replaceSync(css);
  applied.set(node, { css, sheet });
  return sheet;
}

// What looks for no provider puts its styles into the head: icons, and the lock of a page that scrolls, which ours does
// not.
export function applyStylesByScript(head: HTMLHeadElement = document.head): void {
  const { appendChild, insertBefore, removeChild } = head;
  head.appendChild = (node) => appendChild.call(node instanceof HTMLStyleElement ? styleContainer : head, node) as typeof node;
  head.insertBefore = (node, before) =>
    node instanceof HTMLStyleElement ? styleContainer.appendChild(node) : (insertBefore.call(head, node, before) as typeof node);
  head.removeChild = (node) => removeChild.call(node.parentNode === styleContainer ? styleContainer : head, node) as typeof node;
  const apply = () => (document.adoptedStyleSheets = Array.from(styleContainer.children, sheetOf));
  new MutationObserver(apply).observe(styleContainer, { childList: true, characterData: true, subtree: true });
}
