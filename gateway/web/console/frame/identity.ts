// Who has signed in, in all tabs of the browser: the token outlives a reload.

import { createClient } from "@connectrpc/connect";
import { useSyncExternalStore } from "react";
import { AuthService } from "../../gen/kefu/gateway/v1/auth_pb.js";
import { Role } from "../../gen/kefu/options_pb.js";
import { transportTo } from "../../shared/api.js";

export interface SignedIn {
  readonly token: string;
  readonly shop: string;
  readonly agent: string;
  readonly role: Role;
  readonly name: string;
}

const storageKey = "kefu.staff";
const listeners = new Set<() => void>();
let current = read();

function read(): SignedIn | undefined {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(storageKey) ?? "null");
    return stored !== null && typeof stored === "object" && "token" in stored ? (stored as SignedIn) : undefined;
  } catch {
    return undefined;
  }
}

function set(next: SignedIn | undefined): void {
  if (next) localStorage.setItem(storageKey, JSON.stringify(next));
  else localStorage.removeItem(storageKey);
  tell(next);
}

function tell(next: SignedIn | undefined): void {
  current = next;
  for (const listener of listeners) listener();
}

addEventListener("storage", ({ key }) => {
  if (key === storageKey) tell(read());
});

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSignedIn(): SignedIn | undefined {
  return useSyncExternalStore(subscribe, () => current);
}

export const gateway = location.origin;

export async function signIn(shop: string, login: string, password: string): Promise<void> {
  const auth = createClient(AuthService, transportTo(gateway, () => ""));
  const answer = await auth.signIn({ shop, login, password });
  set({ token: answer.token, shop: answer.shop, agent: answer.agent, role: answer.role, name: answer.displayName });
}

// The token stops to work at the server, too; it is forgotten here whatever the server says.
export async function signOut(): Promise<void> {
  const token = current?.token ?? "";
  try {
    await createClient(AuthService, transportTo(gateway, () => token)).signOut({});
  } finally {
    forget();
  }
}

export function forget(): void {
  set(undefined);
}

// Has sessions, and a stream that tells of them.
export function serves({ role }: SignedIn): boolean {
  return role === Role.AGENT || role === Role.SUPERVISOR;
}

export function leads({ role }: SignedIn): boolean {
  return role === Role.SUPERVISOR;
}
