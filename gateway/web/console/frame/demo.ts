// The demonstration shop's people, if the address says so: "#/demo/<shop>/<password>/<login>,<login>", as up.sh prints it.
// What stands after the # never leaves the browser; it is taken out of the address at once, and kept for this tab, so that
// whoever signs out can come in as somebody else. A real installation has no such address.

export interface Demo {
  readonly shop: string;
  readonly password: string;
  readonly logins: readonly string[];
}

const storageKey = "kefu.demo";

export function demoOf(hash: string): Demo | undefined {
  const [, shop, password, logins] = /^#\/demo\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(hash) ?? [];
  return shop && password && logins ? { shop, password, logins: logins.split(",").filter((login) => login !== "") } : undefined;
}

// Before the first page looks at the address.
export function takeDemo(): void {
  if (!demoOf(location.hash)) return;
  sessionStorage.setItem(storageKey, location.hash);
  history.replaceState(null, "", location.pathname);
}

export function knownDemo(): Demo | undefined {
  return demoOf(sessionStorage.getItem(storageKey) ?? "");
}
