// A dialog with a form that is saved by one call. What the server refuses is shown at the field that it names.

import { Alert, Form, Modal, type FormInstance } from "antd";
import { useState, type ReactNode } from "react";
import type { FieldProblem, Problem } from "../../shared/problem.js";
import { problemText } from "../texts.js";
import { useAct, type Act } from "./act.js";
import { placed } from "./fields.js";
import { useSpeech } from "./language.js";
import { refusalText } from "./refusals.js";

// As useAct, for what stands in `form`. `within` is the part of the request that the form holds, such as "agent".
export function useSave<Fields>(form: FormInstance<Fields>, within = ""): { save: Act; busy: boolean; refused: ReactNode } {
  const { language } = useSpeech();
  const [problem, setProblem] = useState<Problem>();
  const inWords = (fields: readonly FieldProblem[]) =>
    fields.map(({ field, description }) => ({ field, description: refusalText(language, description) }));
  const show = (found: Problem) => {
    const names = Object.keys(form.getFieldsValue(true) as object);
    const { fields, left } = placed(inWords(found.fields), names, within);
    form.setFields(fields as unknown as Parameters<typeof form.setFields>[0]);
    if (left.length > 0 || fields.length === 0) setProblem(found);
    return true;
  };
  const { act, busy } = useAct(show);
  const save: Act = (work) => {
    setProblem(undefined);
    return act(work);
  };
  const others = problem ? placed(inWords(problem.fields), [], within).left : [];
  const refused = problem && (
    <Alert
      type="error"
      showIcon
      title={problemText(language, problem)}
      description={others.length > 0 ? others.map(({ field, description }) => `${field}: ${description}`).join("\n") : undefined}
    />
  );
  return { save, busy, refused };
}

interface Props<Fields> {
  readonly title: string;
  readonly ok: string;
  readonly initial: Fields;
  readonly within?: string;
  readonly danger?: boolean;
  save(fields: Fields, requestId: string): Promise<unknown>;
  close(saved: boolean): void;
  readonly children: ReactNode;
}

export function FormDialog<Fields extends object>(props: Props<Fields>) {
  const { title, ok, initial, within = "", danger = false, save, close, children } = props;
  const { say } = useSpeech();
  const [form] = Form.useForm<Fields>();
  const saving = useSave(form, within);
  const submit = async (fields: Fields) => {
    if (await saving.save((requestId) => save(fields, requestId))) close(true);
  };
  return (
    <Modal
      title={title}
      open
      okText={ok}
      okButtonProps={{ danger }}
      cancelText={say("cancel")}
      confirmLoading={saving.busy}
      onOk={form.submit}
      onCancel={() => close(false)}
    >
      {saving.refused}
      <Form<Fields> form={form} layout="vertical" initialValues={initial} onFinish={(fields) => void submit(fields)}>
        {children}
      </Form>
    </Modal>
  );
}
