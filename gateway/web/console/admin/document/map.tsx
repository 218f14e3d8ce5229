// A map: skill to level, language to text.

import { ScalarType, type DescField } from "@bufbuild/protobuf";
import { Button, Input, InputNumber, Select } from "antd";
import { useState } from "react";
import { useSpeech } from "../../frame/language.js";
import { keyOf, Remove, useDocument, Wrong } from "./fields.js";

interface Props {
  readonly field: DescField & { fieldKind: "map" };
  readonly value: Readonly<Record<string, unknown>>;
  readonly path: string;
  change(next: unknown): void;
}

export function MapEditor({ field, value, path, change }: Props) {
  const { label, choices } = useDocument();
  const { say } = useSpeech();
  const [key, setKey] = useState("");
  const name = label(keyOf(field));
  const known = choices(keyOf(field))?.filter((one) => !(one.value in value));
  const isText = field.scalar === ScalarType.STRING;
  const add = () => {
    if (key === "" || key in value) return;
    change({ ...value, [key]: isText ? "" : 1 });
    setKey("");
  };
  const without = (gone: string) => Object.fromEntries(Object.entries(value).filter(([one]) => one !== gone));
  return (
    <div className="map" data-path={path}>
      <span className="list-name">{name}</span>
      <Wrong path={path} />
      {Object.entries(value).map(([one, held]) => (
        <div key={one} className="map-row">
          <span>{choices(keyOf(field))?.find((choice) => choice.value === one)?.label ?? one}</span>
          {isText ? (
            <Input.TextArea rows={2} aria-label={`${name} ${one}`} value={held as string} onChange={({ target }) => change({ ...value, [one]: target.value })} />
          ) : (
            <InputNumber min={0} precision={0} aria-label={`${name} ${one}`} value={held as number} onChange={(next) => change({ ...value, [one]: next ?? 0 })} />
          )}
          <Remove what={one} remove={() => change(without(one))} />
          <Wrong path={`${path}["${one}"]`} />
        </div>
      ))}
      <div className="map-row">
        {known ? (
          <Select aria-label={name} value={key || undefined} onChange={setKey} options={known} />
        ) : (
          <Input aria-label={name} value={key} onChange={({ target }) => setKey(target.value)} onPressEnter={add} />
        )}
        <Button size="small" disabled={key === ""} onClick={add}>
          {say("addOne")}
        </Button>
      </div>
    </div>
  );
}
