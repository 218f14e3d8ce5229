// The form through which an agent signs in.

import type { Language } from "../../shared/language.js";
import { element, setText } from "../../shared/dom.js";
import { text } from "../texts.js";
import type { AgentState } from "./state.js";

export class SignInForm {
  readonly root: HTMLFormElement;
  private readonly labels = {
    shop: element("label", { for: "sign-in-shop" }),
    login: element("label", { for: "sign-in-login" }),
    password: element("label", { for: "sign-in-password" }),
  };
  private readonly submit = element("button", { type: "submit", class: "primary" });

  constructor(agent: AgentState, shop: string) {
    const shopField = element("input", { id: "sign-in-shop", name: "shop", value: shop, autocomplete: "organization" });
    const login = element("input", { id: "sign-in-login", name: "login", autocomplete: "username" });
    const password = element("input", {
      id: "sign-in-password",
      name: "password",
      type: "password",
      autocomplete: "current-password",
    });
    for (const field of [shopField, login, password]) field.required = true;
    this.root = element(
      "form",
      { class: "sign-in" },
      this.labels.shop,
      shopField,
      this.labels.login,
      login,
      this.labels.password,
      password,
      this.submit,
    );
    this.root.addEventListener("submit", (event) => {
      event.preventDefault();
      void agent.signIn(shopField.value.trim(), login.value.trim(), password.value).then(() => {
        password.value = "";
      });
    });
  }

  show(language: Language, busy: boolean): void {
    setText(this.labels.shop, text(language, "shop"));
    setText(this.labels.login, text(language, "login"));
    setText(this.labels.password, text(language, "password"));
    setText(this.submit, text(language, "signIn"));
    this.submit.disabled = busy;
  }
}
