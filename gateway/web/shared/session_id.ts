// Which session of its conversation: n of s_<token>_<n>.
export function ordinalOf(session: string): number {
  return Number(session.slice(session.lastIndexOf("_") + 1));
}
