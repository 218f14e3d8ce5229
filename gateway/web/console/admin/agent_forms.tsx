// Making and changing agents.

import { Button, Form, Input, InputNumber, Radio, Select, Switch } from "antd";
import { createClient } from "@connectrpc/connect";
import type { Agent } from "../../gen/kefu/gateway/v1/admin_pb.js";
import { RoutingConfigService } from "../../gen/kefu/gateway/v1/routing_config_pb.js";
import { Role } from "../../gen/kefu/options_pb.js";
import { useApi } from "../frame/api.js";
import { FormDialog } from "../frame/form_dialog.js";
import { useSpeech } from "../frame/language.js";
import { useLoad } from "../frame/load.js";
import { roleText, staffRoles } from "./roles.js";
import { useAdmin } from "./use_admin.js";

interface Props {
  readonly agent: Agent;
  close(saved: boolean): void;
}

// Of a program: seconds after which a buyer without an answer goes to others.
const limitOf = (seconds: number | null | undefined) => (seconds ? { seconds: BigInt(seconds), nanos: 0 } : undefined);

interface NewFields {
  readonly kind: "person" | "program";
  readonly login?: string;
  readonly displayName: string;
  readonly role: Role;
  readonly capacity: number;
  readonly answerLimit?: number | null;
}

export function NewAgentForm({ close }: { close(saved: boolean): void }) {
  const { say } = useSpeech();
  const admin = useAdmin();
  const save = async ({ kind, login = "", displayName, role, capacity, answerLimit }: NewFields, requestId: string) => {
    const program = kind === "program";
    const of = program ? { program, role: Role.AGENT, answerLimit: limitOf(answerLimit) } : { login: login.trim(), role };
    await admin.createAgent({ requestId, agent: { displayName: displayName.trim(), capacity, ...of } });
  };
  return (
    <FormDialog<NewFields>
      title={say("newAgent")}
      ok={say("create")}
      within="agent"
      initial={{ kind: "person", login: "", displayName: "", role: Role.AGENT, capacity: 100, answerLimit: null }}
      save={save}
      close={close}
    >
      <Form.Item name="kind">
        <Radio.Group options={[{ value: "person", label: say("person") }, { value: "program", label: say("program") }]} />
      </Form.Item>
      <Form.Item noStyle dependencies={["kind"]}>
        {({ getFieldValue }) =>
          getFieldValue("kind") === "person" ? (
            <>
              <Form.Item name="login" label={say("login")} extra={say("loginHint")} rules={[{ required: true, message: say("required") }]}>
                <Input autoComplete="off" />
              </Form.Item>
              <RoleItem />
            </>
          ) : (
            <AnswerLimitItem />
          )
        }
      </Form.Item>
      <NameAndCapacity />
    </FormDialog>
  );
}

interface ChangeFields {
  readonly displayName: string;
  readonly role: Role;
  readonly capacity: number;
  readonly disabled: boolean;
  readonly answerLimit?: number | null;
}

export function AgentForm({ agent, close }: Props) {
  const { say } = useSpeech();
  const admin = useAdmin();
  const { program, displayName, role, capacity, disabled, etag } = agent;
  const save = async (fields: ChangeFields, requestId: string) => {
    const { answerLimit, ...rest } = fields;
    await admin.updateAgent({ requestId, agent: { agent: agent.agent, etag, ...rest, role: program ? role : rest.role, answerLimit: limitOf(answerLimit) } });
  };
  const seconds = agent.answerLimit ? Number(agent.answerLimit.seconds) : null;
  return (
    <FormDialog<ChangeFields>
      title={displayName}
      ok={say("save")}
      within="agent"
      initial={{ displayName, role, capacity, disabled, answerLimit: seconds }}
      save={save}
      close={close}
    >
      <NameAndCapacity />
      {program ? <AnswerLimitItem /> : <RoleItem />}
      <Form.Item name="disabled" label={say("disabled")} valuePropName="checked" extra={say("disabledHint")}>
        <Switch />
      </Form.Item>
    </FormDialog>
  );
}

function NameAndCapacity() {
  const { say } = useSpeech();
  return (
    <>
      <Form.Item name="displayName" label={say("name")} rules={[{ required: true, whitespace: true, message: say("required") }]}>
        <Input />
      </Form.Item>
      <Form.Item name="capacity" label={say("capacity")} extra={say("capacityHint")} rules={[{ required: true, message: say("required") }]}>
        <InputNumber min={0} max={1000} precision={0} />
      </Form.Item>
    </>
  );
}

function RoleItem() {
  const { say } = useSpeech();
  return (
    <Form.Item name="role" label={say("role")}>
      <Select options={staffRoles.map((value) => ({ value, label: roleText(say, value) }))} />
    </Form.Item>
  );
}

function AnswerLimitItem() {
  const { say } = useSpeech();
  return (
    <Form.Item name="answerLimit" label={say("answerLimit")} extra={say("answerLimitHint")}>
      <InputNumber min={1} max={3600} precision={0} suffix={say("secondsUnit")} />
    </Form.Item>
  );
}

interface SkillFields {
  readonly skills: readonly { readonly skill: string; readonly level: number }[];
  readonly languages: string[];
  readonly hours?: string;
}

export function SkillsForm({ agent, close }: Props) {
  const { say } = useSpeech();
  const { transport } = useApi();
  const admin = useAdmin();
  const config = useLoad(
    async (signal) => (await createClient(RoutingConfigService, transport).getRoutingConfig({}, { signal })).config,
    [transport],
  ).value;
  const skills = (config?.skills ?? []).map(({ skill, displayName }) => ({ value: skill, label: displayName || skill }));
  const save = async (fields: SkillFields, requestId: string) => {
    const levels = Object.fromEntries(fields.skills.map(({ skill, level }) => [skill, level]));
    await admin.setAgentSkills({ requestId, agent: agent.agent, etag: agent.etag, skills: levels, languages: fields.languages, hours: fields.hours ?? "" });
  };
  const needed = [{ required: true, message: say("required") }];
  return (
    <FormDialog<SkillFields>
      title={`${agent.displayName}: ${say("skills")}`}
      ok={say("save")}
      initial={{
        skills: Object.entries(agent.skills).map(([skill, level]) => ({ skill, level })),
        languages: agent.languages,
        hours: agent.hours,
      }}
      save={save}
      close={close}
    >
      <Form.List name="skills">
        {(fields, { add, remove }, { errors }) => (
          <>
            {fields.map(({ key, name }) => (
              <div key={key} className="map-row">
                <Form.Item name={[name, "skill"]} rules={needed}>
                  <Select aria-label={say("skill")} placeholder={say("skill")} options={skills} />
                </Form.Item>
                <Form.Item name={[name, "level"]} rules={needed}>
                  <InputNumber aria-label={say("level")} min={1} max={5} precision={0} />
                </Form.Item>
                <Button size="small" danger onClick={() => remove(name)}>
                  {say("remove")}
                </Button>
              </div>
            ))}
            <Form.ErrorList errors={errors} />
            <Form.Item>
              <Button size="small" onClick={() => add({ level: 3 })}>
                {say("add", { what: say("skill") })}
              </Button>
            </Form.Item>
          </>
        )}
      </Form.List>
      <Form.Item name="languages" label={say("languages")}>
        <Select mode="multiple" options={(config?.languages ?? []).map((value) => ({ value, label: value }))} />
      </Form.Item>
      <Form.Item name="hours" label={say("hours")} extra={say("hoursHint")}>
        <Select allowClear options={(config?.hours ?? []).map(({ hours }) => ({ value: hours, label: hours }))} />
      </Form.Item>
    </FormDialog>
  );
}
