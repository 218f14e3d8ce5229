// What each kind of content looks like in the timeline. A new kind is one entry here.

import type { Content } from "../../gen/kefu/common/v1/entry_pb.js";
import type { Money } from "../../gen/kefu/common/v1/money_pb.js";
import { caseKind, caseState } from "../../shared/case_words.js";
import { moneyText } from "../../shared/money.js";
import { useSpeech } from "../frame/language.js";
import { Card, Words } from "./card.js";

type Kind = Exclude<Content["kind"], { case: undefined }>;
type KindOf<Case extends Kind["case"]> = Extract<Kind, { case: Case }>["value"];
type Cards = { readonly [Case in Kind["case"]]?: (value: KindOf<Case>, speech: Speech) => React.ReactNode };
type Speech = ReturnType<typeof useSpeech>;

const cards: Cards = {
  text: ({ body }) => <Words body={body} />,
  note: ({ body }) => <Words body={body} />,
  order: ({ orderNumber, title, status, total, url }, speech) => (
    <Card name={speech.say("order")} title={orderNumber} facts={[title, status, amount(speech, total)]} url={url} />
  ),
  product: ({ title, price, url }, speech) => (
    <Card name={speech.say("product_")} title={title} facts={[amount(speech, price)]} url={url} />
  ),
  parcel: ({ carrier, trackingNumber, status, url }, speech) => (
    <Card name={speech.say("parcel")} title={trackingNumber} facts={[carrier, status]} url={url} />
  ),
  case: ({ case: name, orderNumber, kind, state, refund }, speech) => (
    <Card
      name={speech.say("cases")}
      title={`${caseKind(speech.language, kind)} · ${caseState(speech.language, state)}`}
      facts={[orderNumber, name, refund && refund.minorUnits > 0n ? amount(speech, refund) : ""]}
    />
  ),
  rating: ({ stars, comment }, speech) => (
    <Card name={speech.say("rated", { stars })} title={"★".repeat(stars) + "☆".repeat(5 - stars)} facts={[comment]} />
  ),
};

export function amount({ locale }: Speech, money: Money | undefined): string {
  return money ? moneyText(locale, money.currency, money.minorUnits) : "";
}

export function ContentView({ kind }: { kind: Kind }) {
  const speech = useSpeech();
  const card = cards[kind.case] as ((value: unknown, speech: Speech) => React.ReactNode) | undefined;
  return card ? card(kind.value, speech) : speech.say("gone");
}
