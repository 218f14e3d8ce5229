// A list of messages: each a card, in an order that may matter.

import { create, type DescField, type DescMessage } from "@bufbuild/protobuf";
import { ArrowDownOutlined, ArrowUpOutlined } from "@ant-design/icons";
import { Button, Collapse } from "antd";
import { useSpeech } from "../../frame/language.js";
import { keyOf, MessageFields, Remove, useDocument, Wrong, type Value } from "./fields.js";

interface Props {
  readonly field: DescField;
  readonly desc: DescMessage;
  readonly value: readonly Value[];
  readonly path: string;
  change(next: unknown): void;
}

// What an entry is called: the first text that it has.
function titleOf(desc: DescMessage, value: Value): string {
  const shown = desc.fields.find(({ name }) => name === "display_name");
  const texts = [...(shown ? [shown] : []), ...desc.fields].map(({ localName }) => value[localName]);
  const found = texts.find((text): text is string => typeof text === "string" && text !== "");
  return found ?? "";
}

export function ListOfMessages({ field, desc, value, path, change }: Props) {
  const { label, violations } = useDocument();
  const { say } = useSpeech();
  const name = label(keyOf(field));
  const replace = (index: number, next: Value) => change(value.map((one, i) => (i === index ? next : one)));
  const move = (from: number, to: number) => {
    const next = [...value];
    next.splice(to, 0, ...next.splice(from, 1));
    change(next);
  };
  const wrongs = (prefix: string) => [...violations.keys()].filter((at) => at === prefix || at.startsWith(`${prefix}.`)).length;
  const items = value.map((one, index) => {
    const at = `${path}[${index}]`;
    const title = titleOf(desc, one) || `${label(desc.name)} ${index + 1}`;
    const count = wrongs(at);
    return {
      key: String(index),
      label: (
        <>
          {title} {count > 0 && <span className="wrong">{say("wrongs", { count })}</span>}
        </>
      ),
      extra: (
        <span className="buttons">
          <Button size="small" icon={<ArrowUpOutlined />} disabled={index === 0} aria-label={`${say("moveUp")} ${title}`} onClick={() => move(index, index - 1)} />
          <Button size="small" icon={<ArrowDownOutlined />} disabled={index === value.length - 1} aria-label={`${say("moveDown")} ${title}`} onClick={() => move(index, index + 1)} />
          <Remove what={title} remove={() => change(value.filter((_, i) => i !== index))} />
        </span>
      ),
      children: (
        <>
          <Wrong path={at} />
          <MessageFields desc={desc} value={one} path={at} change={(next) => replace(index, next)} />
        </>
      ),
    };
  });
  return (
    <div className="list" data-path={path}>
      <span className="list-name">{name}</span>
      <Wrong path={path} />
      {items.length > 0 && <Collapse size="small" collapsible="header" items={items} />}
      <Button size="small" onClick={() => change([...value, create(desc)])}>
        {say("add", { what: label(desc.name) })}
      </Button>
    </div>
  );
}
