// What Redis functions answer and logs hold, as lists of words: one word a line, a list for each
// blank line between them.
#include <string>

#include "gateway/routing/storage/rows.h"
#include "services/inquiries/storage/calls.h"
#include "services/inquiries/storage/records.h"
#include "tests/fuzz/fuzz.h"

namespace kefu::fuzz {
namespace {

using redis::Value;

Value::Array ListsOf(std::string_view text) {
  Value::Array lists;
  Value::Array words;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) {
      words.emplace_back(std::string(text.substr(0, end)));
    } else {
      lists.emplace_back(std::move(words));
      words.clear();
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  lists.emplace_back(std::move(words));
  return lists;
}

void Routing(size_t kind, const Value::Array& lists) {
  namespace routing = gateway::routing;
  if (kind == 0) (void)routing::ReadSessionRows(Value(lists)).ok();
  if (kind == 1) (void)routing::ReadAgentRows(Value(lists));
  if (kind == 2) (void)routing::ReadLogFields(lists[0]).ok();
  if (kind == 3) (void)routing::ReadLogEntry(Value(lists)).ok();
  if (kind == 4) (void)routing::ReadExplanation(Value(lists)).ok();
  if (kind == 5) (void)routing::ReadBoard(lists[0], lists.back());
  if (kind == 6) (void)routing::ReadReply(lists).ok();
}

void Inquiries(size_t kind, const Value::Array& lists, std::string_view text) {
  namespace storage = inquiries::storage;
  static const auto conversation = ConversationId::FromToken(std::string(26, 'c'));
  if (kind == 7) (void)storage::ToConversation(lists[0], 1, conversation, nullptr).ok();
  if (kind == 8) (void)storage::ToInquiry(lists[0], conversation, nullptr).ok();
  if (kind == 9) (void)storage::DecodeSegmentPointer(text).ok();
}

}  // namespace

void Try(std::string_view input) {
  const auto [kind, text] = Choose(input, 10);
  const Value::Array lists = ListsOf(text);
  Routing(kind, lists);
  Inquiries(kind, lists, text);
}

}  // namespace kefu::fuzz
