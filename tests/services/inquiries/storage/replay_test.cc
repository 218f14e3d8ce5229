// Replays random operations on the model (domain/conversation_log.h) and on the Redis functions
// side by side: every answer, and in the end everything stored, must be the same.
//
// KEFU_REPLAY_OPERATIONS=1000000 KEFU_REPLAY_SEED=7 inquiries_replay_test    for more, or again
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <future>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "services/common/base/status.h"
#include "services/common/redis/client.h"
#include "services/inquiries/domain/conversation_log.h"
#include "services/inquiries/storage/calls.h"
#include "services/inquiries/storage/keys.h"
#include "tests/support/redis_server.h"

namespace kefu::inquiries::storage {
namespace {

using domain::Decision;
using domain::Event;

constexpr size_t kConversations = 16;
constexpr char kKeyId[] = "testkey1";
constexpr int64_t kMinute = 60 * 1000;
constexpr int64_t kDay = 24 * 60 * kMinute;
constexpr int64_t kWindowMs = 6 * 60 * kMinute;
constexpr int64_t kArchiveAfterMs = 12 * 60 * kMinute;

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string Hash(const std::string& payload) {
  std::string hash = payload;
  hash.resize(seal::kPayloadHashSize, '.');
  return hash;
}

Identity IdentityOf(const domain::Request& request) {
  return {request.id, Hash(request.payload), kKeyId};
}

// An event of the model, with the conversation it is about.
struct Told {
  size_t conversation = 0;
  Event event;
  bool operator==(const Told&) const = default;
};

class ReplayTest : public testing::Test {
 protected:
  ReplayTest() {
    redis_.LoadFunctions("inquiries");
    for (size_t i = 0; i < kConversations; ++i) {
      ids_.push_back(ConversationId::New());
      EXPECT_TRUE(Call({.function = "inquiries_data_key_v1",
                        .keys = {ConversationKeys(shop_, ids_[i]).DataKey()},
                        .arguments = {kKeyId, "k1", "wrapped"}})
                      .ok());
    }
    states_.resize(kConversations);
  }

  absl::StatusOr<redis::Value> Send(redis::Command command) {
    std::promise<absl::StatusOr<redis::Value>> promise;
    client_.Send(std::move(command), 10'000,
                 [&](absl::StatusOr<redis::Value> value) { promise.set_value(std::move(value)); });
    return promise.get_future().get();
  }
  absl::StatusOr<redis::Value::Array> Call(redis::FunctionCall call) {
    call.now_ms = std::to_string(clock_ms_);
    return redis::ParseFunctionReply(Send(redis::ToCommand(call)));
  }

  uint64_t Below(uint64_t bound) {
    return std::uniform_int_distribution<uint64_t>(0, bound - 1)(random_);
  }
  bool Chance(int percent) { return Below(100) < static_cast<uint64_t>(percent); }
  template <class T>
  T OneOf(std::initializer_list<T> values) {
    return *(values.begin() + Below(values.size()));
  }

  void MoveClock() {
    const uint64_t dice = Below(1000);
    if (dice < 900)
      clock_ms_ += static_cast<int64_t>(Below(2'000));
    else if (dice < 980)
      clock_ms_ += static_cast<int64_t>(Below(5 * kMinute));
    else if (dice < 994)
      clock_ms_ -= static_cast<int64_t>(Below(60 * kMinute));  // the shop's time must not follow
    else if (dice < 999)
      clock_ms_ += static_cast<int64_t>(Below(kDay));
    else
      clock_ms_ += static_cast<int64_t>(Below(8 * kDay));
  }

  // Often one that was used before, sometimes with another payload.
  domain::Request RandomRequest(const std::string& sender) {
    const uint64_t number = Chance(20) ? Below(20) : 1'000 + next_request_++;
    const std::string payload = Chance(10) ? "other" : "payload " + std::to_string(number % 7);
    return {sender + ":" + std::to_string(number), payload};
  }
  uint32_t RandomSession(const domain::Conversation& state) {
    const auto current = static_cast<uint32_t>(state.inquiries.size());
    if (Chance(90)) return current;
    return static_cast<uint32_t>(Below(current + 2));
  }
  uint64_t RandomFence(const domain::Conversation& state) {
    const uint64_t current = state.inquiries.empty() ? 0 : state.inquiries.back().fence;
    if (Chance(80)) return current;
    return Below(current + 3);
  }
  std::string RandomAgent(const domain::Conversation& state) {
    if (!state.inquiries.empty() && Chance(75)) return state.inquiries.back().owner;
    return OneOf<std::string>({"a_ada", "a_bob", ""});
  }
  uint64_t RandomSeq(const domain::Conversation& state) {
    const uint64_t head = state.head();
    return Chance(70) ? head - std::min(head, Below(4)) : Below(head + 3);
  }

  // Often at an entry of the sender's own, often at one that was recalled already.
  void AimRecall(const domain::Conversation& state, domain::Append& append) {
    const bool again = !state.recalled.empty() && Chance(40);
    append.recalls = again ? *state.recalled.rbegin() : std::max<uint64_t>(RandomSeq(state), 1);
    if (append.recalls > state.head() || Chance(30)) return;
    const std::string& sender = state.log[append.recalls - 1].sender;
    if (sender == domain::kSystem) return;
    append.sender = sender;
    append.request = RandomRequest(sender);
  }

  domain::Command RandomCommand(size_t conversation);

  struct Compare;
  void Step();
  void CompareState(size_t conversation);
  void CompareOutbox();

  const uint64_t seed_ = FromEnvironment("KEFU_REPLAY_SEED", std::random_device()());
  std::mt19937_64 random_{seed_};
  test::RedisServer redis_;
  redis::Client client_{{redis_.address(), "", ""}};
  const ShopId shop_ = *ShopId::Parse("demo");
  std::vector<ConversationId> ids_;
  std::vector<domain::Conversation> states_;
  std::vector<Told> told_;
  std::map<std::string, int> outcomes_;
  int64_t clock_ms_ = 1'700'000'000'000;
  // The latest time the shop wrote down.
  int64_t shop_ms_ = 0;
  uint64_t next_request_ = 0;
  size_t current_ = 0;
};

domain::Command ReplayTest::RandomCommand(size_t conversation) {
  const domain::Conversation& state = states_[conversation];
  const uint64_t dice = Below(100);
  if (dice < 15) return domain::Open{RandomRequest("b"), Chance(10) ? RandomSeq(state) : 0};
  if (dice < 65) {
    domain::Append append;
    append.sender = OneOf<std::string>({"b", "b", "s", RandomAgent(state), RandomAgent(state)});
    if (append.sender.empty()) append.sender = "a_ada";
    append.request = RandomRequest(append.sender);
    append.session = RandomSession(state);
    append.fence = RandomFence(state);
    append.buyer_visible = append.sender == "b" || Chance(80);
    if (Chance(10)) append.quoted = RandomSeq(state);
    const bool agent = append.sender != "b" && append.sender != "s";
    append.aside = append.sender == "b" ? Chance(10)  // a rating
                                        : agent && !append.buyer_visible && Chance(50);
    if (append.sender != "s" && !append.aside && Chance(12)) AimRecall(state, append);
    return append;
  }
  if (dice < 75)
    return domain::RaiseFence{RandomSession(state), RandomFence(state) + Below(2),
                              RandomAgent(state)};
  if (dice < 82) {
    domain::Close close;
    close.agent = Chance(50) ? RandomAgent(state) : "";
    close.request = RandomRequest(close.agent.empty() ? "s" : close.agent);
    close.session = RandomSession(state);
    close.fence = close.agent.empty() ? 0 : RandomFence(state);
    close.last_seen = Chance(80) ? state.head() : RandomSeq(state);
    close.reason = OneOf<std::string>({"solved", "abandoned", ""});
    return close;
  }
  if (dice < 86) return domain::Reopen{RandomRequest("s"), RandomSession(state), kWindowMs};
  if (dice < 93) {
    const bool buyer = Chance(50);
    return domain::MoveMarks{buyer ? "1:b_x" : "2:a_ada", buyer, RandomSeq(state),
                             RandomSeq(state)};
  }
  if (dice < 94) {
    const size_t other = (conversation + 1 + Below(kConversations - 1)) % kConversations;
    return domain::Link{ids_[conversation].str(), ids_[other].str(), states_[other].continued_in};
  }
  domain::Archive archive;
  archive.session = RandomSession(state);
  archive.archived_before = Chance(95) ? state.archived : Below(state.archived + 2);
  archive.seq = Chance(95) ? state.head() : RandomSeq(state);
  archive.after_ms = kArchiveAfterMs;
  return archive;
}

// Calls the function that corresponds to a command and compares its answer with the model's
// decision.
struct ReplayTest::Compare {
  ReplayTest& test;
  size_t index;
  const domain::Conversation& before;
  const absl::StatusOr<Decision>& model;

  const ConversationId& id() const { return test.ids_[index]; }

  // False if both refused.
  bool BothAccepted(const absl::StatusOr<redis::Value::Array>& answer) const {
    EXPECT_EQ(answer.status().code(), model.status().code())
        << answer.status() << " / " << model.status();
    EXPECT_EQ(ErrorReason(answer.status()), ErrorReason(model.status()));
    if (ErrorMetadataOf(model.status()).contains("fence")) {
      EXPECT_EQ(ErrorMetadataOf(answer.status())["fence"],
                ErrorMetadataOf(model.status())["fence"]);
    }
    return answer.ok() && model.ok();
  }

  void SameEntry(const Written& written) const {
    if (model->seq == 0) {
      EXPECT_FALSE(written.entry.has_value());
      return;
    }
    ASSERT_TRUE(written.entry.has_value());
    const StoredEntry& stored = written.entry->stored;
    EXPECT_EQ(stored.seq, model->seq);
    EXPECT_EQ(written.entry->in_archive, model->seq <= before.archived);
    if (written.entry->in_archive) return;
    const domain::LogEntry& expected = model->next.log[model->seq - 1];
    EXPECT_EQ(stored.time, expected.time);
    EXPECT_EQ(stored.buyer_prev, expected.buyer_prev);
    EXPECT_EQ(stored.buyer_visible, expected.buyer_visible);
    EXPECT_EQ(stored.session, expected.session);
  }

  void SameInquiry(const Written& written) const {
    ASSERT_EQ(written.inquiry.size(), 11u);
    SameInquiry(written.inquiry, model->next.inquiries[model->session - 1]);
  }
  static void SameInquiry(const redis::Value& list, const domain::Inquiry& expected) {
    EXPECT_EQ(list[0].Int(), expected.ordinal);
    EXPECT_EQ(list[1].str() == "1", expected.open);
    EXPECT_EQ(static_cast<uint64_t>(list[2].Int()), expected.fence);
    EXPECT_EQ(list[3].str(), expected.owner);
    EXPECT_EQ(static_cast<uint64_t>(list[4].Int()), expected.first_seq);
    EXPECT_EQ(static_cast<uint64_t>(list[5].Int()), expected.last_seq);
    EXPECT_EQ(list[6].Int(), expected.open_time.ms);
    EXPECT_EQ(list[7].Int(), expected.close_time.ms);
    EXPECT_EQ(list[8].str(), expected.reason);
    EXPECT_EQ(list[9].Int(), expected.reopened);
  }

  void operator()(const domain::Open& command) const {
    OpenArguments arguments{
        .identity = IdentityOf(command.request), .record = "r", .quoted_seq = command.quoted};
    const auto answer = test.Call(OpenCall(test.shop_, id(), arguments));
    if (!BothAccepted(answer)) return;
    const Written written = ParseOpened(*answer);
    EXPECT_EQ(written.duplicate, model->duplicate);
    SameEntry(written);
    if (written.entry->in_archive) return;
    EXPECT_EQ(written.opened, model->opened);
    SameInquiry(written);
  }
  void operator()(const domain::Append& command) const {
    AppendArguments arguments{.identity = IdentityOf(command.request),
                              .session = command.session,
                              .sender = command.sender,
                              .fence = command.fence,
                              .buyer_visible = command.buyer_visible,
                              .record = "r",
                              .quoted_seq = command.quoted,
                              .recalled_seq = command.recalls,
                              .aside = command.aside};
    const auto answer = test.Call(AppendCall(test.shop_, id(), arguments));
    if (!BothAccepted(answer)) return;
    const Written written = ParseAppended(*answer);
    EXPECT_EQ(written.duplicate, model->duplicate);
    SameEntry(written);
  }
  void operator()(const domain::RaiseFence& command) const {
    RaiseFenceArguments arguments{.key_id = kKeyId,
                                  .session = command.session,
                                  .fence = command.fence,
                                  .agent = command.agent,
                                  .record = "r"};
    const auto answer = test.Call(RaiseFenceCall(test.shop_, id(), arguments));
    if (!BothAccepted(answer)) return;
    const Written written = ParseFenceRaised(*answer);
    EXPECT_EQ(written.fence, command.fence);
    SameEntry(written);
  }
  void operator()(const domain::Close& command) const {
    CloseArguments arguments{.identity = IdentityOf(command.request),
                             .session = command.session,
                             .record = "r",
                             .fence = command.fence,
                             .agent = command.agent,
                             .last_seen_seq = command.last_seen,
                             .reason = command.reason,
                             .archive_after_ms = kArchiveAfterMs};
    Life(test.Call(CloseCall(test.shop_, id(), arguments)));
  }
  void operator()(const domain::Reopen& command) const {
    ReopenArguments arguments{.identity = IdentityOf(command.request),
                              .session = command.session,
                              .record = "r",
                              .window_ms = command.window_ms};
    Life(test.Call(ReopenCall(test.shop_, id(), arguments)));
  }
  void Life(const absl::StatusOr<redis::Value::Array>& answer) const {
    if (!BothAccepted(answer)) return;
    const Written written = ParseLifeChanged(*answer);
    EXPECT_EQ(written.duplicate, model->duplicate);
    SameEntry(written);
    // A repeated request that names a session there is none of is a caller's bug with nothing to
    // answer.
    if (model->session >= 1 && model->session <= model->next.inquiries.size()) SameInquiry(written);
  }
  void operator()(const domain::MoveMarks& command) const {
    MarksArguments arguments;
    arguments.party =
        command.is_buyer ? common::v1::Sender::KIND_BUYER : common::v1::Sender::KIND_AGENT;
    arguments.participant = command.participant.substr(2);
    arguments.delivered = command.delivered;
    arguments.read = command.read;
    const auto answer = test.Call(MoveMarksCall(test.shop_, id(), arguments));
    if (!BothAccepted(answer)) return;
    const auto found = model->next.marks.find(command.participant);
    const domain::MarkPair expected =
        found == model->next.marks.end() ? domain::MarkPair{} : found->second;
    EXPECT_EQ(static_cast<uint64_t>((*answer)[0].Int()), expected.delivered);
    EXPECT_EQ(static_cast<uint64_t>((*answer)[1].Int()), expected.read);
    EXPECT_EQ((*answer)[2].str() == "1", before.marks != model->next.marks);
  }
  void operator()(const domain::Link& command) const {
    BothAccepted(test.Call(LinkCall(test.shop_, id(), *ConversationId::Parse(command.to))));
  }
  void operator()(const domain::Archive& command) const {
    ArchiveArguments arguments{
        .session = command.session,
        .archived_before = command.archived_before,
        .seq = command.seq,
        .archive_after_ms = command.after_ms,
        .segment = EncodeSegmentPointer({command.archived_before + 1, command.seq, "blob"})};
    BothAccepted(test.Call(ArchiveCall(test.shop_, id(), arguments)));
  }
};

void ReplayTest::Step() {
  MoveClock();
  // Mostly the same one as before, so that operations follow one another closely.
  if (Chance(10)) current_ = Below(kConversations);
  const size_t index = current_;
  const domain::Command command = RandomCommand(index);
  const TimePoint now{std::max(clock_ms_, shop_ms_)};
  const absl::StatusOr<Decision> model = domain::Apply(states_[index], command, now);
  std::visit(Compare{*this, index, states_[index], model}, command);
  const std::string accepted = model.ok() && model->duplicate ? "duplicate" : "OK";
  const std::string outcome = model.ok() ? accepted : ErrorReason(model.status());
  ++outcomes_[std::to_string(command.index()) + " " + outcome];
  if (!model.ok()) return;
  for (const Event& event : model->events) told_.push_back({index, event});
  if (!model->events.empty()) shop_ms_ = now.ms;
  states_[index] = model->next;
}

void ReplayTest::CompareState(size_t conversation) {
  const domain::Conversation& state = states_[conversation];
  const ConversationId& id = ids_[conversation];
  const auto answer = Call(ListInquiriesCall(shop_, id));
  ASSERT_EQ(answer.ok(), state.exists());
  if (!state.exists()) return;
  const redis::Value inquiries = (*answer)[1];
  ASSERT_EQ(inquiries.size(), state.inquiries.size());
  for (size_t i = 0; i < inquiries.size(); ++i) {
    Compare::SameInquiry(inquiries[i], state.inquiries[state.inquiries.size() - 1 - i]);
  }
  const redis::Value fields = (*Call(GetCall(shop_, id)))[2];
  EXPECT_EQ(static_cast<uint64_t>(fields.Field("seq").Int()), state.head());
  EXPECT_EQ(static_cast<uint64_t>(fields.Field("bseq").Int()), state.buyer_head);
  EXPECT_EQ(static_cast<uint64_t>(fields.Field("lb").Int()), state.last_buyer_seq);
  EXPECT_EQ(static_cast<uint64_t>(fields.Field("ar").Int()), state.archived);
  EXPECT_EQ(fields.Field("to").str(), state.continued_in);
  for (const auto& [participant, marks] : state.marks) {
    EXPECT_EQ(fields.Field("m:" + participant).str(),
              std::to_string(marks.delivered) + " " + std::to_string(marks.read));
  }
  ReadArguments all{.from_seq = 1, .to_seq = state.head() + 10, .limit = 1'000'000};
  const ReadAnswer read = *ParseRead(*Call(ReadCall(shop_, id, all)));
  ASSERT_EQ(read.entries.size(), state.head() - state.archived);
  for (const StoredEntry& entry : read.entries) {
    const domain::LogEntry& expected = state.log[entry.seq - 1];
    EXPECT_EQ(entry.seq, expected.seq);
    EXPECT_EQ(entry.time, expected.time);
    EXPECT_EQ(entry.buyer_prev, expected.buyer_prev);
    EXPECT_EQ(entry.buyer_visible, expected.buyer_visible);
    EXPECT_EQ(entry.session, expected.session);
    EXPECT_EQ(entry.recalled, state.recalled.contains(entry.seq));
  }
  uint64_t archived = 0;
  for (const Segment& segment : read.segments) {
    EXPECT_EQ(segment.first, archived + 1);
    archived = segment.last;
  }
  EXPECT_EQ(archived, state.archived);
}

void ReplayTest::CompareOutbox() {
  const std::map<std::string, Event::Kind> kinds = {{"entry", Event::Kind::kEntry},
                                                    {"opened", Event::Kind::kOpened},
                                                    {"closed", Event::Kind::kClosed},
                                                    {"reopened", Event::Kind::kReopened},
                                                    {"fence", Event::Kind::kFence}};
  std::map<std::string, size_t> index;
  for (size_t i = 0; i < ids_.size(); ++i) index[ids_[i].str()] = i;
  const auto answer = Call({.function = "inquiries_events_v1",
                            .keys = {ShopKeys(shop_).Meta(), ShopKeys(shop_).Outbox()},
                            .arguments = {"0", "100000000"}});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(static_cast<size_t>((*answer)[1].Int()), told_.size());
  const redis::Value elements = (*answer)[3];
  ASSERT_EQ(elements.size(), told_.size());
  for (size_t i = 0; i < elements.size(); ++i) {
    const redis::Value& fields = elements[i][1];
    EXPECT_EQ(elements[i][0].str(), std::to_string(i + 1) + "-0");
    const Told told{
        index.at(fields.Field("s").str()),
        {kinds.at(fields.Field("y").str()), static_cast<uint64_t>(fields.Field("q").Int()),
         static_cast<uint32_t>(fields.Field("n").Int())}};
    ASSERT_EQ(told, told_[i]) << "event " << i + 1;
  }
}

TEST_F(ReplayTest, ModelAndFunctionsAgreeOnRandomOperations) {
  const uint64_t operations = FromEnvironment("KEFU_REPLAY_OPERATIONS", 20'000);
  std::printf("seed %llu, %llu operations\n", static_cast<unsigned long long>(seed_),
              static_cast<unsigned long long>(operations));
  for (uint64_t i = 0; i < operations && !HasFailure(); ++i) {
    SCOPED_TRACE("operation " + std::to_string(i));
    Step();
    if (i % 1000 == 999) CompareState(Below(kConversations));
  }
  for (size_t i = 0; i < kConversations; ++i) CompareState(i);
  CompareOutbox();
  for (const auto& [outcome, count] : outcomes_) std::printf("%6d %s\n", count, outcome.c_str());
  // A replay that never gets anywhere would agree on everything.
  for (const char* reached : {"0 OK",
                              "0 duplicate",
                              "1 duplicate",
                              "1 REQUEST_ID_REUSED",
                              "3 duplicate",
                              "4 duplicate",
                              "0 REQUEST_ID_REUSED",
                              "0 NO_SUCH_ENTRY",
                              "1 OK",
                              "1 STALE_FENCE",
                              "1 FENCE_AHEAD",
                              "1 SESSION_CLOSED",
                              "1 NO_SUCH_SESSION",
                              "1 NO_SUCH_ENTRY",
                              "1 RECALL_TOO_LATE",
                              "1 NOT_YOUR_ENTRY",
                              "1 NOTHING_TO_RECALL",
                              "2 OK",
                              "2 STALE_FENCE",
                              "3 OK",
                              "3 NEWER_BUYER_ENTRY",
                              "4 OK",
                              "4 REOPEN_TOO_LATE",
                              "5 OK",
                              "6 OK",
                              "6 ALREADY_LINKED",
                              "7 OK",
                              "7 CONVERSATION_CHANGED"}) {
    EXPECT_GT(outcomes_[reached], 0) << reached;
  }
}

}  // namespace
}  // namespace kefu::inquiries::storage
