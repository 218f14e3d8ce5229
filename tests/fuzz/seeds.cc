// Writes the binary files of the corpus, made by the product's own encoders: fuzz_seeds
// tests/fuzz/corpus. Run it after a format has changed, beside what is there: files of earlier
// releases must be read, too.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "gateway/auth/tokens.h"
#include "gateway/directory/storage/records.h"
#include "gateway/edge/codec.h"
#include "gateway/edge/connect_protocol.h"
#include "gateway/streams/notice.h"
#include "proto/kefu/events/v1/envelope.pb.h"
#include "services/after_sales/storage/records.h"
#include "services/common/base/status.h"
#include "services/inquiries/storage/archive.h"
#include "services/inquiries/storage/records.h"
#include "services/logistics/storage/records.h"
#include "services/orders/storage/records.h"
#include "tests/fuzz/body.h"

namespace kefu::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr TimePoint kNow{1'700'000'000'123};
const Money kPrice{"CNY", 1999};
fs::path g_corpus;

void Write(const std::string& name, const std::string& bytes) {
  fs::create_directories((g_corpus / name).parent_path());
  std::ofstream(g_corpus / name, std::ios::binary) << bytes;
}

void WriteFrames() {
  std::string frame;
  gateway::connect::AppendEnvelope(frame, 0, R"({"session":"s"})");
  Write("connect_frame/one", frame);
  std::string stream = frame + frame;
  gateway::connect::AppendEnvelope(stream, gateway::connect::kFlagEndStream, "{}");
  Write("connect_frame/stream", stream);
  Write("connect_frame/cut", stream.substr(0, stream.size() - 1));
  const absl::Status error = WithRetryDelay(
      Error(absl::StatusCode::kUnavailable, "OVERLOADED", "Try again.", {{"queue", "vip"}}), 1500);
  // '=' is the code 14, UNAVAILABLE.
  Write("connect_error/details", "0=" + EncodeRpcStatus(error));
  Write("connect_error/fields", "02" + EncodeRpcStatus(InvalidField("name", "must not be empty")));
}

// Every JSON body of the corpus in its binary form.
void WriteBodies() {
  for (const auto& file : fs::directory_iterator(g_corpus / "json_body")) {
    std::ifstream stream(file.path());
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    std::string_view body = text;
    const MessagePtr message = TakeType(body);
    const absl::Status read = gateway::Decode(gateway::Codec::kJson, body, message.get());
    if (!read.ok()) {
      std::cerr << file.path() << ": " << read << "\n";
      continue;
    }
    Write("proto_body/" + file.path().stem().string(),
          text.substr(0, text.find('\n') + 1) + message->SerializeAsString());
  }
}

// Signed with the key that token.cc knows.
void WriteToken() {
  const auto keys = gateway::directory::KeyRing::Parse("t1 " + std::string(64, '1'), 1).value();
  const gateway::auth::TokenClaims claims{.shop = ShopId::Parse("demo").value(),
                                          .subject = BuyerId::FromToken(std::string(26, 'b')).str(),
                                          .display_name = "小王",
                                          .issue_time = kNow,
                                          .expire_time = kNow + gateway::auth::kGuestTokenMs};
  Write("token/holds", "0" + gateway::auth::Tokens(keys).Sign(claims));
}

void WriteDirectory() {
  namespace directory = gateway::directory;
  const auto shop = ShopId::Parse("demo").value();
  const auto agent = AgentId::FromToken(std::string(26, 'a'));
  const auto person = PersonId::FromToken(std::string(26, 'p'));
  const auto write = [](const std::string& name, char kind, const auto& state) {
    Write("directory_record/" + name, kind + directory::Encode(state));
  };
  write("shop", '0',
        directory::Shop{"演示", {"https://shop.example"}, kNow, "salt", {{"i1", "sealed"}}});
  write("shop_entry", '1', directory::ShopEntry{"Demo", {"https://shop.example"}, kNow});
  write("person", '2',
        directory::Person{
            .login = "li", .password_hash = "$argon2id$", .memberships = {{shop, agent}}});
  write("agent", '3',
        directory::Agent{.person = person,
                         .login = "li",
                         .display_name = "李",
                         .role = directory::StaffRole::kAgent,
                         .capacity = 3,
                         .abilities = {{{"returns", 2}}, {"zh-CN"}, "day"}});
  write("program", '3',
        directory::Agent{.role = directory::StaffRole::kAgent, .answer_limit_ms = 5000});
  write("key", '4',
        directory::ApiKey{.display_name = "shop", .secret_hash = "h", .create_time = kNow});
  write("program_key", '4',
        directory::ApiKey{.grant = directory::Grant{agent, {directory::Scope::kSessions}}});
}

void WriteOrders() {
  namespace domain = orders::domain;
  domain::Order order{.known = true, .source = "taobao", .number = "1", .buyer = "b"};
  order.lines = {{"1", "sku", "p", "茶", 2, kPrice, {"CNY", 3998}}};
  order.totals.total = order.totals.goods = {"CNY", 3998};
  order.contact =
      domain::Contact{{"张*", "138****5678", "CN", "浙江", "杭州"}, "5678", "b", "k", "s", "h"};
  order.parcels["h_1"] = {"shunfeng", "SF1", true, "IN_TRANSIT", false, {3, kNow}};
  order.cases["k_1"] = {"REFUND_ONLY", "REQUESTED", {1, kNow}};
  order.create_time = order.update_time = kNow;
  order.source_status = {{"financial_status", "paid"}};
  Write("order_record/order", orders::storage::Encode(OrderIdOf("taobao", "1"), order));
}

void WriteShipments() {
  logistics::Shipment shipment{.carrier = "shunfeng", .tracking_number = "SF1234567890"};
  for (const auto status : {logistics::Status::kInTransit, logistics::Status::kDelivered}) {
    logistics::Merge({.time = kNow + static_cast<int>(status),
                      .id = std::to_string(static_cast<int>(status)),
                      .status = status,
                      .text = "已签收"},
                     &shipment.events);
  }
  shipment.arrivals = {{logistics::Arrival::Kind::kPromised, kNow, std::nullopt}};
  shipment.whereabouts = logistics::Fold(shipment.events);
  shipment.create_time = shipment.update_time = kNow;
  Write("shipment_record/shipment", "0" + logistics::storage::Encode(shipment));
  const logistics::storage::PushState push{"kuaidi100", "w",  "param=%7B%7D",
                                           kNow,        true, "BAD_BODY"};
  Write("shipment_record/push", "1" + logistics::storage::Encode(push));
}

void WriteCases() {
  namespace domain = after_sales::domain;
  domain::OrderCases order(OrderIdOf("taobao", "1"));
  order.number = "1";
  domain::Case one{.ordinal = 1, .version = 3, .buyer = "b", .state = domain::State::kClosed};
  one.lines = {{.line = "1", .sku = "sku", .title = "茶", .quantity = 1, .cost = kPrice}};
  one.requested = kPrice;
  one.refunds = {{.amount = kPrice, .create_time = kNow, .settle_time = kNow}};
  one.return_parcel = {"shunfeng", "SF1"};
  one.history = {{.to = domain::State::kClosed, .time = kNow, .sealed = {"key", "sealed"}}};
  one.deadline = kNow;
  order.cases = {one, {.ordinal = 2, .version = 1}};
  Write("case_record/cases", after_sales::storage::Encode(order));
}

void WriteConversations() {
  namespace storage = inquiries::storage;
  const auto conversation = ConversationId::FromToken(std::string(26, 'c'));
  const seal::DataKey key{"12345678", seal::Secret::From(std::string(32, 'k'))};
  storage::NewEntry entry;
  entry.sender.set_kind(common::v1::Sender::KIND_BUYER);
  entry.sender.set_display_name("小王");
  entry.request_id = "request-1";
  entry.content.mutable_text()->set_body("在吗？");
  const std::string record = storage::EncodeEntry(entry, conversation, key);
  Write("conversation_record/entry", "0" + record);
  common::v1::Opening opening;
  opening.set_language("zh-CN");
  opening.mutable_page();
  Write("conversation_record/opening", "1" + storage::EncodeOpening(opening, conversation, key));
  Write("conversation_record/name", "2" + storage::EncodeName("小王", conversation, key));
  const storage::StoredEntry stored{.seq = 1, .time = kNow, .session = 1, .record = record};
  Write("conversation_record/segment",
        "3" + storage::EncodeSegment(conversation, {stored, stored}));
}

template <class Body>
void WriteEvent(const std::string& name, std::string_view source, std::string_view type,
                const Body& body) {
  events::v1::Envelope envelope;
  envelope.set_id("e-1");
  envelope.set_source(std::string(source));
  envelope.set_type(std::string(type));
  envelope.set_shop("demo");
  envelope.set_seq(7);
  envelope.set_store_epoch(1);
  inquiries::storage::SetTime(kNow, envelope.mutable_time());
  envelope.set_data(body.SerializeAsString());
  Write("envelope/" + name, envelope.SerializeAsString());
}

void WriteEvents() {
  namespace streams = gateway::streams;
  const std::string token(26, 'c');
  inquiries::v1::EntryAppended appended;
  common::v1::Entry& entry = *appended.mutable_entry();
  entry.set_conversation("c_" + token);
  entry.set_session("s_" + token + "_1");
  entry.mutable_content()->mutable_text()->set_body("在吗？");
  inquiries::storage::SetTime(kNow, entry.mutable_create_time());
  WriteEvent("entry", "inquiries", streams::kEntryAppended, appended);
  inquiries::v1::MarksMoved marks;
  marks.mutable_marks()->set_read_seq(3);
  WriteEvent("marks", "inquiries", streams::kMarksMoved, marks);
  gateway::v1::SessionRouted routed;
  routed.mutable_session()->set_session("s_" + token + "_1");
  routed.mutable_session()->set_agent("a_" + token);
  WriteEvent("routed", "gateway", streams::kSessionRouted, routed);
  WriteEvent("typing", "gateway", streams::kTyping, gateway::v1::Typing());
}

}  // namespace
}  // namespace kefu::fuzz

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: fuzz_seeds CORPUS\n";
    return 2;
  }
  kefu::fuzz::g_corpus = argv[1];
  kefu::fuzz::WriteFrames();
  kefu::fuzz::WriteBodies();
  kefu::fuzz::WriteToken();
  kefu::fuzz::WriteDirectory();
  kefu::fuzz::WriteOrders();
  kefu::fuzz::WriteShipments();
  kefu::fuzz::WriteCases();
  kefu::fuzz::WriteConversations();
  kefu::fuzz::WriteEvents();
}
