#include "deploy/ctl/chat/render.h"

#include <gtest/gtest.h>

#include "deploy/ctl/chat/terminal.h"

namespace kefu::ctl {
namespace {

common::v1::Entry EntryOf(common::v1::Sender::Kind kind, const std::string& name) {
  common::v1::Entry entry;
  entry.set_seq(12);
  entry.mutable_sender()->set_kind(kind);
  entry.mutable_sender()->set_display_name(name);
  return entry;
}

TEST(Render, AnEntryNamesItsPlaceItsSenderAndItsText) {
  common::v1::Entry entry = EntryOf(common::v1::Sender::KIND_AGENT, "Ann");
  entry.mutable_content()->mutable_text()->set_body("Good morning");
  EXPECT_EQ(EntryLine(entry), "#12 agent Ann: Good morning");
}

TEST(Render, ANoteIsMarkedAsOne) {
  common::v1::Entry entry = EntryOf(common::v1::Sender::KIND_AGENT, "Ann");
  entry.mutable_content()->mutable_note()->set_body("careful");
  EXPECT_EQ(EntryLine(entry), "#12 note Ann: careful");
}

TEST(Render, ASystemLineNamesWhatHappened) {
  common::v1::Entry entry = EntryOf(common::v1::Sender::KIND_SYSTEM, "");
  auto* line = entry.mutable_content()->mutable_system();
  line->set_kind(common::v1::SystemLine::KIND_AGENT_JOINED);
  (*line->mutable_parameters())["display_name"] = "Ann";
  EXPECT_EQ(EntryLine(entry), "#12 system: AGENT_JOINED Ann");
}

TEST(Render, ControlCharactersDoNotReachTheTerminal) {
  EXPECT_EQ(Printable("a\x1b[2J\nb\x7f"), "a [2J b ");
  EXPECT_EQ(Printable("好"), "好");
}

}  // namespace
}  // namespace kefu::ctl
