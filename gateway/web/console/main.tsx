import { lazy, StrictMode, Suspense, useState } from "react";
import { createRoot } from "react-dom/client";
import { AtWork } from "./frame/at_work.js";
import { takeDemo } from "./frame/demo.js";
import { useSignedIn } from "./frame/identity.js";
import { LanguageProvider } from "./frame/language.js";
import { usePath } from "./frame/route.js";
import { Shell } from "./frame/shell.js";
import { SignIn } from "./frame/sign_in.js";
import { applyStylesByScript } from "./frame/styles.js";
import { ThemeProvider } from "./frame/theme.js";
import "./style.css";

const OperatorPage = lazy(() => import("./operator/page.js"));

function Console() {
  const signedIn = useSignedIn();
  const path = usePath();
  const [refused, setRefused] = useState(false);
  if (path === "/operator") {
    return (
      <Suspense>
        <OperatorPage />
      </Suspense>
    );
  }
  if (!signedIn) return <SignIn again={refused} />;
  return (
    <AtWork key={signedIn.token} signedIn={signedIn} onRefused={() => setRefused(true)}>
      <Shell />
    </AtWork>
  );
}

takeDemo();
applyStylesByScript();
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <LanguageProvider>
      <ThemeProvider>
        <Console />
      </ThemeProvider>
    </LanguageProvider>
  </StrictMode>,
);
