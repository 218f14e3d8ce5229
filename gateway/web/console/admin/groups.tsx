// How sessions find their agents: the shop's routing configuration as a form, checked by the server while it is written.

import { create, fromJsonString, toBinary, toJsonString } from "@bufbuild/protobuf";
import { timestampMs } from "@bufbuild/protobuf/wkt";
import { createClient } from "@connectrpc/connect";
import { Alert, App, Button, ConfigProvider, Input, Modal, Tag } from "antd";
import { useEffect, useMemo, useState } from "react";
import { AdminService } from "../../gen/kefu/gateway/v1/admin_pb.js";
import { RoutingConfigSchema, RoutingConfigService, type HoursState, type RoutingConfig } from "../../gen/kefu/gateway/v1/routing_config_pb.js";
import { useApi } from "../frame/api.js";
import { useAct } from "../frame/act.js";
import { useMe } from "../frame/at_work.js";
import { useSpeech } from "../frame/language.js";
import { Shown, useLoad } from "../frame/load.js";
import { Role } from "../../gen/kefu/options_pb.js";
import { allAgents } from "./agents_list.js";
import type { Choice } from "./document/fields.js";
import { RoutingDocument } from "./routing_document.js";

export function Groups() {
  const { transport } = useApi();
  const service = useMemo(() => createClient(RoutingConfigService, transport), [transport]);
  const loaded = useLoad(
    async (signal) => {
      const [config, hours, agents] = await Promise.all([
        service.getRoutingConfig({}, { signal }),
        service.getHours({}, { signal }),
        allAgents(createClient(AdminService, transport), signal),
      ]);
      return { config: config.config ?? create(RoutingConfigSchema), inForce: config.inForce, hours: hours.hours, agents };
    },
    [service],
  );
  return (
    <Shown loaded={loaded}>
      {({ config, inForce, hours, agents }) => (
        <Editor
          key={config.etag}
          stored={config}
          inForce={inForce}
          hours={hours}
          agents={agents.map(({ agent, displayName }) => ({ value: agent, label: displayName }))}
          again={loaded.again}
        />
      )}
    </Shown>
  );
}

interface EditorProps {
  readonly stored: RoutingConfig;
  readonly inForce: boolean;
  readonly hours: readonly HoursState[];
  readonly agents: readonly Choice[];
  again(): void;
}

const bytesOf = (config: RoutingConfig): string => toBinary(RoutingConfigSchema, { ...config, etag: "" }).join();

function Editor({ stored, inForce, hours, agents, again }: EditorProps) {
  const { say } = useSpeech();
  const { transport } = useApi();
  const { message } = App.useApp();
  const mayChange = useMe().role === Role.ADMIN;
  const service = useMemo(() => createClient(RoutingConfigService, transport), [transport]);
  const [config, setConfig] = useState(stored);
  const [conflict, setConflict] = useState(false);
  const [json, setJson] = useState(false);
  const [wrong, setWrong] = useState(0);
  const dirty = useMemo(() => bytesOf(config) !== bytesOf(stored), [config, stored]);
  useUnsaved(dirty);
  const { act, busy } = useAct(({ reason }) => {
    if (reason === "ETAG_MISMATCH") setConflict(true);
    return reason === "ETAG_MISMATCH" || reason === "INVALID_FIELD";
  });
  const save = async (over: boolean) => {
    setConflict(false);
    const done = await act((requestId) => service.setRoutingConfig({ requestId, config: over ? { ...config, etag: "" } : config }));
    if (!done) return;
    void message.success(say("saved"));
    again();
  };
  return (
    <>
      <header className="page-head">
        <h2>{say("routing")}</h2>
        {!inForce && <Tag color="warning">{say("notInForce")}</Tag>}
        <span className="buttons">
          <Button onClick={() => setJson(true)}>JSON</Button>
          {mayChange && (
            <>
              <Button disabled={!dirty} onClick={() => setConfig(stored)}>
                {say("undo")}
              </Button>
              <Button type="primary" disabled={!dirty || wrong > 0} loading={busy} onClick={() => void save(false)}>
                {say("save")}
              </Button>
            </>
          )}
        </span>
      </header>
      {conflict && (
        <Alert
          type="warning"
          showIcon
          title={say("changedMeanwhile")}
          action={
            <span className="buttons">
              <Button size="small" onClick={again}>
                {say("takeTheirs")}
              </Button>
              <Button size="small" danger onClick={() => void save(true)}>
                {say("keepMine")}
              </Button>
            </span>
          }
        />
      )}
      <OpenNow hours={hours} />
      <ConfigProvider componentDisabled={!mayChange}>
        <RoutingDocument config={config} agents={agents} change={setConfig} checked={setWrong} />
      </ConfigProvider>
      {json && <AsJson config={config} take={mayChange ? setConfig : undefined} close={() => setJson(false)} />}
    </>
  );
}

// The browser asks before it leaves what is not saved.
function useUnsaved(dirty: boolean): void {
  useEffect(() => {
    if (!dirty) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [dirty]);
}

function OpenNow({ hours }: { hours: readonly HoursState[] }) {
  const { locale, say } = useSpeech();
  const time = new Intl.DateTimeFormat(locale, { dateStyle: "short", timeStyle: "short" });
  return (
    <p className="faint">
      {hours.map(({ hours: name, open, nextChange }) => (
        <Tag key={name} color={open ? "success" : undefined}>
          {name}: {say(open ? "openNow" : "closedNow")}
          {nextChange && ` ${say("until", { time: time.format(timestampMs(nextChange)) })}`}
        </Tag>
      ))}
    </p>
  );
}

// Without `take` to be read only.
function AsJson({ config, take, close }: { config: RoutingConfig; take: ((next: RoutingConfig) => void) | undefined; close(): void }) {
  const { say } = useSpeech();
  const [written, setWritten] = useState(() => toJsonString(RoutingConfigSchema, { ...config, etag: "" }, { prettySpaces: 2 }));
  const [wrong, setWrong] = useState("");
  const use = () => {
    try {
      take?.({ ...fromJsonString(RoutingConfigSchema, written), etag: config.etag });
      close();
    } catch (error) {
      setWrong(String(error));
    }
  };
  return (
    <Modal title="JSON" open width={800} okText={say("useSuggestion")} okButtonProps={{ disabled: !take }} cancelText={say("cancel")} onOk={use} onCancel={close}>
      {wrong !== "" && <Alert type="error" showIcon title={say("notJson")} description={wrong} />}
      <Input.TextArea className="json" rows={24} aria-label="JSON" readOnly={!take} value={written} onChange={({ target }) => setWritten(target.value)} />
    </Modal>
  );
}
