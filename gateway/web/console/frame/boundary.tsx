// A part of the page that failed says so, and the rest goes on.

import { Button, Result } from "antd";
import { Component, type ReactNode } from "react";
import type { Say } from "../texts.js";

export class Boundary extends Component<{ say: Say; children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    const { say, children } = this.props;
    if (!this.state.failed) return children;
    const again = (
      <Button type="primary" onClick={() => location.reload()}>
        {say("reload")}
      </Button>
    );
    return <Result status="error" title={say("broken")} extra={again} />;
  }
}
