// A routing configuration as a form, checked by the server while it is written.

import { create } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { Alert, Tag } from "antd";
import { useEffect, useMemo, useState } from "react";
import {
  RoutingConfigSchema,
  RoutingConfigService,
  ValidateRoutingConfigResponseSchema,
  type RoutingConfig,
  type ValidateRoutingConfigResponse,
} from "../../gen/kefu/gateway/v1/routing_config_pb.js";
import { pick } from "../../shared/language.js";
import { problemOf } from "../../shared/problem.js";
import { useApi } from "../frame/api.js";
import { useSpeech } from "../frame/language.js";
import { refusalText } from "../frame/refusals.js";
import { Document, MessageFields, type Choice, type DocumentContext, type Value } from "./document/fields.js";
import { documentWords } from "./document/words.js";

const checkAfterMs = 400;

interface Props {
  readonly config: RoutingConfig;
  // Whom groups may name as members.
  readonly agents: readonly Choice[];
  change(next: RoutingConfig): void;
  // How many faults the last check found.
  checked?(faults: number): void;
}

export function RoutingDocument({ config, agents, change, checked: told }: Props) {
  const checked = useCheck(config);
  const context = useDocumentContext(config, agents, checked);
  const wrong = checked?.violations.length ?? 0;
  useEffect(() => told?.(wrong), [told, wrong]);
  return (
    <>
      {checked && wrong > 0 && <Wrongs checked={checked} />}
      {checked && wrong === 0 && <WhoServes checked={checked} config={config} />}
      <Document.Provider value={context}>
        <div className="document">
          <MessageFields
            desc={RoutingConfigSchema}
            value={config as unknown as Value}
            path=""
            leaveOut={["etag"]}
            change={(next) => change(next as unknown as RoutingConfig)}
          />
        </div>
      </Document.Provider>
    </>
  );
}

// What the server says of it, a moment after the last change.
function useCheck(config: RoutingConfig): ValidateRoutingConfigResponse | undefined {
  const { transport } = useApi();
  const [checked, setChecked] = useState<ValidateRoutingConfigResponse>();
  useEffect(() => {
    const life = new AbortController();
    const timer = setTimeout(() => {
      createClient(RoutingConfigService, transport)
        .validateRoutingConfig({ config }, { signal: life.signal })
        .then(setChecked, (error: unknown) => {
          // A document that cannot be asked about is checked when it is saved.
          if (!life.signal.aborted && problemOf(error).reason !== "UNREACHABLE") setChecked(create(ValidateRoutingConfigResponseSchema));
        });
    }, checkAfterMs);
    return () => {
      clearTimeout(timer);
      life.abort();
    };
  }, [transport, config]);
  return checked;
}

function useDocumentContext(config: RoutingConfig, agents: readonly Choice[], checked: ValidateRoutingConfigResponse | undefined): DocumentContext {
  const { language } = useSpeech();
  return useMemo(() => {
    const named = (id: string, displayName: string): Choice => ({ value: id, label: displayName || id });
    const groups = config.groups.map(({ group, displayName }) => named(group, displayName));
    const skills = config.skills.map(({ skill, displayName }) => named(skill, displayName));
    const hours = config.hours.map((one) => named(one.hours, ""));
    const languages = config.languages.map((tag) => named(tag, ""));
    const choices: Readonly<Record<string, readonly Choice[]>> = {
      "SkillGroup.languages": languages,
      "SkillGroup.members": agents,
      "SkillGroup.hours": hours,
      "SkillRequirement.skill": skills,
      "SkillLevels.levels": skills,
      "Relaxation.overflow_group": groups,
      "GroupFallback.group": groups,
      "RoutingRule.group": groups,
      "RoutingRule.languages": languages,
      "RoutingConfig.default_group": groups,
      "LocalizedText.texts": languages,
    };
    const violations = new Map<string, string[]>();
    for (const { field, description } of checked?.violations ?? []) violations.set(field, [...(violations.get(field) ?? []), description]);
    return {
      label: (name) => pick(language, documentWords[name] ?? [name, name]),
      choices: (field) => choices[field],
      violations,
    };
  }, [config, agents, checked, language]);
}

function Wrongs({ checked }: { checked: ValidateRoutingConfigResponse }) {
  const { language, say } = useSpeech();
  const list = (
    <ul>
      {checked.violations.map(({ field, description }) => (
        <li key={`${field} ${description}`}>
          <code>{field}</code> {refusalText(language, description)}
        </li>
      ))}
    </ul>
  );
  return <Alert type="error" showIcon title={say("notValid", { count: checked.violations.length })} description={list} />;
}

// How many agents could serve, by group and step.
function WhoServes({ checked, config }: { checked: ValidateRoutingConfigResponse; config: RoutingConfig }) {
  const { say } = useSpeech();
  return (
    <p className="faint">
      {config.groups.map(({ group, displayName }) => {
        const steps = checked.eligible.filter((one) => one.group === group).map(({ agents }) => agents);
        return (
          <Tag key={group} color={steps[0] === 0 ? "warning" : undefined}>
            {displayName || group}: {say("couldServe", { steps: steps.join(" → ") })}
          </Tag>
        );
      })}
    </p>
  );
}
