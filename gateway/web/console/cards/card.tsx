// The frame of all cards. What people and programs wrote is text; only http(s) addresses become links.

import type { ReactNode } from "react";
import { safeHref, splitLinks } from "../../shared/links.js";
import { useSpeech } from "../frame/language.js";

interface CardProps {
  readonly name: string;
  readonly title: string;
  readonly facts?: readonly string[];
  readonly url?: string;
  readonly children?: ReactNode;
}

export function Card({ name, title, facts = [], url = "", children }: CardProps) {
  const { say } = useSpeech();
  const href = safeHref(url);
  return (
    <div className="card">
      <p className="card-name">{name}</p>
      <p className="card-title" dir="auto">
        {title}
      </p>
      {facts.filter((fact) => fact !== "").map((fact) => (
        <p className="card-fact" dir="auto" key={fact}>
          {fact}
        </p>
      ))}
      {href !== undefined && <Link href={href} label={say("openLink")} />}
      {children}
    </div>
  );
}

export function Words({ body }: { body: string }) {
  return splitLinks(body).map((part, i) => (part.href === undefined ? part.text : <Link key={i} href={part.href} label={part.text} />));
}

function Link({ href, label }: { href: string; label: string }) {
  return (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {label}
    </a>
  );
}
