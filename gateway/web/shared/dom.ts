// Builds elements. Text goes in as text nodes only, so nothing that a person wrote is ever read as markup.

type Child = Node | string | undefined;

export interface Attributes {
  readonly class?: string;
  readonly id?: string;
  readonly type?: string;
  readonly title?: string;
  readonly for?: string;
  readonly name?: string;
  readonly role?: string;
  readonly autocomplete?: string;
  readonly value?: string;
  readonly rows?: string;
  readonly placeholder?: string;
  readonly href?: string;
  readonly rel?: string;
  readonly target?: string;
  readonly tabindex?: string;
  readonly lang?: string;
  readonly maxlength?: string;
  readonly dir?: string;
  readonly [aria: `aria-${string}`]: string;
  readonly [data: `data-${string}`]: string;
}

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) node.setAttribute(name, value);
  }
  for (const child of children) {
    if (child !== undefined) node.append(child);
  }
  return node;
}

export function button(label: string, onClick: () => void, attributes: Attributes = {}): HTMLButtonElement {
  const node = element("button", { type: "button", ...attributes }, label);
  node.addEventListener("click", onClick);
  return node;
}

// Puts the children in place of what is there, touching the page only where something differs.
export function replaceChildren(parent: Element, children: readonly Node[]): void {
  const same = parent.childNodes.length === children.length && children.every((c, i) => c === parent.childNodes[i]);
  if (!same) parent.replaceChildren(...children);
}

export function setText(node: Element, value: string): void {
  if (node.textContent !== value) node.textContent = value;
}
