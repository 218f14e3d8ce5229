// The log of inquiries keeps what every outbox promises.
#include "services/inquiries/storage/event_log.h"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "proto/kefu/inquiries/v1/events.pb.h"
#include "tests/contract/outbox_contract.h"
#include "tests/contract/outbox_trimming_contract.h"
#include "tests/services/inquiries/support/stack.h"

namespace kefu::contract {
namespace {

namespace storage = inquiries::storage;
using test::Await;

// Things are conversations; their states are what was said last in them.
class InquiriesWorld final : public OutboxWorld {
 public:
  InquiriesWorld() { redis_.LoadFunctions("inquiries"); }

  events::Outbox& outbox() override { return process_.log; }
  ManualClock& clock() override { return clock_; }

  std::string Put(const ShopId& shop, const std::string& thing) override {
    const std::string text = "message " + std::to_string(++messages_);
    Say(shop, thing, text);
    return text;
  }
  std::optional<Shown> Look(const events::v1::Envelope& envelope) override {
    inquiries::v1::EntryAppended appended;
    if (envelope.type() != type()) return std::nullopt;
    EXPECT_TRUE(appended.ParseFromString(envelope.data()));
    const std::string& text = appended.entry().content().text().body();
    // A snapshot shows all that was ever said; what was said last is the state.
    const bool past = envelope.seq() == 0 && last_.at(envelope.subject()) != text;
    if (past || text == kGreeting) return std::nullopt;
    return Shown{things_.at(envelope.subject()), text};
  }
  std::string type() override { return "com.kefu." + std::string(storage::kEntryAppended) + ".v1"; }
  bool PutOther(const ShopId& shop) override {
    const absl::Status erased =
        Await(process_.writer.EraseBuyer(Info(), shop, BuyerId::New(), "request-of-" + NewToken()));
    EXPECT_TRUE(erased.ok()) << erased;
    return true;
  }
  void PutBig(const ShopId& shop) override { Say(shop, "t0", std::string(300'000, 'x')); }
  void DropBefore(const ShopId& shop, uint64_t first) override {
    Command(shop, {"XTRIM", Key(shop, "outbox"), "MINID", "=", std::to_string(first) + "-0"});
  }

 private:
  static constexpr char kGreeting[] = "hello";

  static storage::CallInfo Info() { return {"", storage::Deadline::In(5000)}; }
  static std::string Key(const ShopId& shop, const std::string& name) {
    return "kf:inquiries:{" + shop.str() + "}:" + name;
  }
  redis::Value Command(const ShopId& shop, redis::Command command) {
    return Await(process_.shards->Of(shop).Call(std::move(command))).value();
  }
  storage::NewEntry EntryOf(const BuyerId& buyer, const std::string& text) {
    storage::NewEntry entry;
    entry.sender.set_kind(common::v1::Sender::KIND_BUYER);
    entry.sender.set_id(buyer.str());
    entry.channel = common::v1::CHANNEL_WIDGET;
    entry.request_id = "request-" + std::to_string(++requests_);
    entry.content.mutable_text()->set_body(text);
    return entry;
  }
  void Say(const ShopId& shop, const std::string& thing, const std::string& text) {
    const BuyerId buyer = BuyerId::FromToken(DeriveToken("buyer", thing));
    const ConversationId conversation = ConversationOf(buyer);
    things_[conversation.str()] = thing;
    if (begun_[shop].insert(thing).second) BeginUnheard(shop, buyer);
    const auto said = Await(
        process_.writer.Append(Info(), shop, SessionId(conversation, 1), 0, EntryOf(buyer, text)));
    ASSERT_TRUE(said.ok()) << said.status();
    last_[conversation.str()] = text;
  }
  // A conversation begins with several events: it began before there was a log.
  void BeginUnheard(const ShopId& shop, const BuyerId& buyer) {
    std::map<std::string, redis::Value> before;
    for (const char* name : {"outbox", "meta"})
      before[name] = Command(shop, {"DUMP", Key(shop, name)});
    const auto opened =
        Await(process_.writer.Open(Info(), shop, buyer, EntryOf(buyer, kGreeting), {}));
    ASSERT_TRUE(opened.ok()) << opened.status();
    for (const auto& [name, dumped] : before) {
      Command(shop, {"DEL", Key(shop, name)});
      if (!dumped.is_nil()) Command(shop, {"RESTORE", Key(shop, name), "0", dumped.str()});
    }
  }

  test::RedisServer redis_;
  inquiries::test::TemporaryFolder folder_;
  ManualClock clock_{{1'700'000'000'000}};
  inquiries::test::Process process_{redis_.address(), folder_.path, clock_,
                                    "k1 " + std::string(64, 'a') + "\n"};
  std::map<ShopId, std::set<std::string>> begun_;
  // By conversation.
  std::map<std::string, std::string> things_, last_;
  int messages_ = 0, requests_ = 0;
};

const OutboxSubject kInquiries{"inquiries", [] { return std::make_unique<InquiriesWorld>(); }};
INSTANTIATE_TEST_SUITE_P(Outbox, OutboxContract, testing::Values(kInquiries), OutboxSubjectName);
INSTANTIATE_TEST_SUITE_P(Outbox, OutboxTrimmingContract, testing::Values(kInquiries),
                         OutboxSubjectName);
INSTANTIATE_TEST_SUITE_P(Outbox, OutboxOfBigEventsContract, testing::Values(kInquiries),
                         OutboxSubjectName);

}  // namespace
}  // namespace kefu::contract
