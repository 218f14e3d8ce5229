// Which part of a form a refusal is about. Pure.

import type { FieldProblem } from "../../shared/problem.js";

// "agent.display_name" → "displayName"; `skills["x"]` and "policies[1].name" → "skills", "policies".
export function formField(path: string, within = ""): string {
  const inside = within !== "" && path.startsWith(`${within}.`) ? path.slice(within.length + 1) : path;
  const first = /^[a-z0-9_]*/.exec(inside)?.[0] ?? "";
  return first.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

export interface PlacedProblem {
  readonly name: string;
  readonly errors: string[];
}

// By field of the form; `left` is about none of them.
export function placed(
  problems: readonly FieldProblem[],
  names: readonly string[],
  within = "",
): { readonly fields: readonly PlacedProblem[]; readonly left: readonly FieldProblem[] } {
  const fields = new Map<string, string[]>();
  const left: FieldProblem[] = [];
  for (const problem of problems) {
    const name = formField(problem.field, within);
    if (names.includes(name)) fields.set(name, [...(fields.get(name) ?? []), problem.description]);
    else left.push(problem);
  }
  return { fields: [...fields].map(([name, errors]) => ({ name, errors })), left };
}
