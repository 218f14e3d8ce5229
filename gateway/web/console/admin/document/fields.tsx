// Edits a message by its descriptor: every field that the proto has, each with the server's path, so that what a check
// says stands beside what it is about. What a field is called, and what it may name, comes from the context.

import { create, type DescEnum, type DescField, type DescMessage, type DescOneof, type Message, ScalarType } from "@bufbuild/protobuf";
import { Button, Input, InputNumber, Select, Switch } from "antd";
import { createContext, useContext, useId, type ReactNode } from "react";
import { useSpeech } from "../../frame/language.js";
import { refusalText } from "../../frame/refusals.js";
import { ListOfMessages } from "./list.js";
import { MapEditor } from "./map.js";
import "./document.css";

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export interface DocumentContext {
  // Of a field, "SkillGroup.queue_cap", an enum's value or a message.
  label(name: string): string;
  // What a text may name: groups, skills, agents; undefined: anything.
  choices(field: string): readonly Choice[] | undefined;
  // What is wrong, by path.
  readonly violations: ReadonlyMap<string, readonly string[]>;
}

export const Document = createContext<DocumentContext | undefined>(undefined);

export function useDocument(): DocumentContext {
  const context = useContext(Document);
  if (!context) throw new Error("outside a document");
  return context;
}

// Messages as plain values, so that a change makes a new one.
export type Value = Message & Record<string, unknown>;

interface MessageProps {
  readonly desc: DescMessage;
  readonly value: Value | undefined;
  readonly path: string;
  readonly leaveOut?: readonly string[];
  change(next: Value): void;
}

export const keyOf = (field: DescField): string => `${field.parent.name}.${field.name}`;
export const under = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);

export function MessageFields({ desc, value, path, leaveOut = [], change }: MessageProps) {
  const at = value ?? (create(desc) as Value);
  return (
    <>
      {desc.members
        .filter(({ name }) => !leaveOut.includes(name))
        .map((member) =>
          member.kind === "oneof" ? (
            <OneofEditor key={member.name} oneof={member} value={at} path={path} change={change} />
          ) : (
            <FieldEditor
              key={member.name}
              field={member}
              value={at[member.localName]}
              path={under(path, member.name)}
              change={(next) => change({ ...at, [member.localName]: next })}
            />
          ),
        )}
    </>
  );
}

// One of several; which one is chosen first.
function OneofEditor({ oneof, value, path, change }: { oneof: DescOneof; value: Value; path: string; change(next: Value): void }) {
  const { label } = useDocument();
  const chosen = value[oneof.localName] as { case?: string; value?: unknown };
  const field = oneof.fields.find(({ localName }) => localName === chosen.case);
  const choose = (name: string | undefined) => {
    const next = oneof.fields.find((one) => one.localName === name);
    change({ ...value, [oneof.localName]: next ? { case: next.localName, value: emptyOf(next) } : { case: undefined } });
  };
  return (
    <Labelled name={`${oneof.parent.name}.${oneof.name}`} path={under(path, oneof.name)}>
      {(id) => (
        <>
          <Select
            id={id}
            allowClear
            value={chosen.case}
            onChange={choose}
            options={oneof.fields.map((one) => ({ value: one.localName, label: label(keyOf(one)) }))}
          />
          {field && (
            <FieldEditor
              field={field}
              value={chosen.value}
              path={under(path, field.name)}
              change={(next) => change({ ...value, [oneof.localName]: { case: field.localName, value: next } })}
            />
          )}
        </>
      )}
    </Labelled>
  );
}

function emptyOf(field: DescField): unknown {
  if (field.message && field.fieldKind === "message") return create(field.message);
  return field.scalar === ScalarType.STRING ? "" : 0;
}

interface FieldProps {
  readonly field: DescField;
  readonly value: unknown;
  readonly path: string;
  change(next: unknown): void;
}

function FieldEditor(props: FieldProps) {
  const { field, value, path, change } = props;
  switch (field.fieldKind) {
    case "list":
      if (field.listKind === "message") {
        return <ListOfMessages field={field} desc={field.message} value={(value as Value[] | undefined) ?? []} path={path} change={change} />;
      }
      return (
        <Labelled name={keyOf(field)} path={path}>
          {(id) => <SeveralEditor id={id} {...props} values={field.listKind === "enum" ? field.enum : undefined} />}
        </Labelled>
      );
    case "map":
      return <MapEditor field={field} value={(value as Record<string, unknown> | undefined) ?? {}} path={path} change={change} />;
    case "message":
      if (field.message.typeName === "google.protobuf.Duration") {
        return (
          <Labelled name={keyOf(field)} path={path}>
            {(id) => <DurationEditor id={id} desc={field.message} value={value as Value | undefined} change={change} />}
          </Labelled>
        );
      }
      return (
        <Group name={keyOf(field)} path={path}>
          <MessageFields desc={field.message} value={value as Value | undefined} path={path} change={change} />
        </Group>
      );
    default:
      return (
        <Labelled name={keyOf(field)} path={path}>
          {(id) => <OneEditor id={id} {...props} />}
        </Labelled>
      );
  }
}

function useOptionsOf(desc: DescEnum): { value: number; label: string }[] {
  const { label } = useDocument();
  return desc.values.map(({ number, name }) => ({ value: number, label: number === 0 ? label("unspecified") : label(name) }));
}

function OneEditor({ id, field, value, change }: FieldProps & { id: string }) {
  const { choices } = useDocument();
  if (field.fieldKind === "enum") return <EnumEditor id={id} desc={field.enum} value={value as number} change={change} />;
  if (field.scalar === ScalarType.BOOL) return <Switch id={id} checked={value as boolean} onChange={change} />;
  if (field.scalar !== ScalarType.STRING) {
    return <InputNumber id={id} min={0} precision={0} value={value as number} onChange={(next) => change(next ?? 0)} />;
  }
  const known = choices(keyOf(field));
  if (!known) return <Input id={id} value={value as string} onChange={({ target }) => change(target.value)} />;
  return (
    <Select
      id={id}
      allowClear
      showSearch={{ optionFilterProp: "label" }}
      value={(value as string) || undefined}
      onChange={(next?: string) => change(next ?? "")}
      options={[...known]}
    />
  );
}

function EnumEditor({ id, desc, value, change }: { id: string; desc: DescEnum; value: number; change(next: unknown): void }) {
  return <Select id={id} value={value} onChange={change} options={useOptionsOf(desc)} />;
}

function SeveralEditor({ id, field, value, values, change }: FieldProps & { id: string; values: DescEnum | undefined }) {
  const { choices, label } = useDocument();
  if (values) {
    const options = values.values.filter(({ number }) => number !== 0).map(({ number, name }) => ({ value: number, label: label(name) }));
    return <Select id={id} mode="multiple" value={value as number[]} onChange={change} options={options} />;
  }
  const known = choices(keyOf(field));
  return (
    <Select
      id={id}
      mode={known ? "multiple" : "tags"}
      value={value as string[]}
      onChange={change}
      options={[...(known ?? [])]}
      {...(known ? { showSearch: { optionFilterProp: "label" } } : { tokenSeparators: [",", " "], open: false, suffixIcon: null })}
    />
  );
}

// In seconds; empty: absent.
function DurationEditor({ id, desc, value, change }: { id: string; desc: DescMessage; value: Value | undefined; change(next: unknown): void }) {
  const { say } = useSpeech();
  const duration = value as { seconds: bigint; nanos: number } | undefined;
  const seconds = duration && Number(duration.seconds) + duration.nanos / 1e9;
  const set = (next: number | null) =>
    change(next === null ? undefined : { ...create(desc), seconds: BigInt(Math.floor(next)), nanos: Math.round((next % 1) * 1e9) });
  return <InputNumber id={id} min={0} value={seconds ?? null} placeholder={say("asDefault")} suffix={say("secondsUnit")} onChange={set} />;
}

// A field with its name and what is wrong about it.
export function Labelled({ name, path, children }: { name: string; path: string; children(id: string): ReactNode }) {
  const { label } = useDocument();
  const id = useId();
  return (
    <div className="field" data-path={path}>
      <label htmlFor={id}>{label(name)}</label>
      {children(id)}
      <Wrong path={path} />
    </div>
  );
}

export function Wrong({ path }: { path: string }) {
  const { violations } = useDocument();
  const { language } = useSpeech();
  const wrong = violations.get(path);
  if (!wrong) return null;
  return (
    <p className="wrong" role="alert">
      {wrong.map((description) => refusalText(language, description)).join(" ")}
    </p>
  );
}

export function Group({ name, path, children }: { name: string; path: string; children: ReactNode }) {
  const { label } = useDocument();
  return (
    <fieldset data-path={path}>
      <legend>{label(name)}</legend>
      <Wrong path={path} />
      {children}
    </fieldset>
  );
}

export function Remove({ what, remove }: { what: string; remove(): void }) {
  const { say } = useSpeech();
  return (
    <Button size="small" danger onClick={remove} aria-label={`${say("remove")} ${what}`}>
      {say("remove")}
    </Button>
  );
}
