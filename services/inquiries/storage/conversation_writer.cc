#include "services/inquiries/storage/conversation_writer.h"

#include <algorithm>
#include <utility>

#include "services/common/base/async.h"
#include "services/common/base/failpoint.h"
#include "services/common/base/status.h"
#include "services/common/logging/log.h"
#include "services/common/redis/function.h"
#include "services/inquiries/storage/keys.h"

namespace kefu::inquiries::storage {
namespace {

using common::v1::Sender;
using common::v1::SystemLine;

// Enough for the key to be erased under our hands once; more is a storm of erasures.
constexpr int kKeyAttempts = 3;
// Registering a shop is not what the caller waits for.
constexpr int64_t kRegisterMs = 500;

Origin NewOrigin(const CallInfo& info) { return {NewToken(), NewToken(), info.traceparent}; }

bool IsBuyerVisible(const common::v1::Content& content) {
  return !content.has_note() && !(content.has_system() && content.system().staff_only());
}

NewEntry Line(SystemLine::Kind kind, std::string request_id) {
  NewEntry line;
  line.sender.set_kind(Sender::KIND_SYSTEM);
  line.request_id = std::move(request_id);
  line.content.mutable_system()->set_kind(kind);
  return line;
}

// The entry of an answer, for an audience: as it was sent, or for a duplicate as it was stored.
absl::StatusOr<common::v1::Entry> EntryOf(const ConversationId& conversation,
                                          const WrittenEntry& written, const NewEntry& sent,
                                          const seal::DataKey& key, v1::Audience audience) {
  if (written.stored.record.empty()) return ToEntry(conversation, written.stored, sent, audience);
  return ToEntry(conversation, written.stored, &key, audience);
}

// The notice of a committed entry. A duplicate is told again, without a place in the outbox: the
// process that committed it may have died before it could.
absl::StatusOr<events::v1::Envelope> NoticeOf(const ShopId& shop,
                                              const ConversationId& conversation,
                                              const Origin& origin, const Written& written,
                                              const NewEntry& sent, const seal::DataKey& key) {
  KEFU_ASSIGN_OR_RETURN(common::v1::Entry entry,
                        EntryOf(conversation, *written.entry, sent, key, v1::AUDIENCE_STAFF));
  EnvelopeHead head{.id = origin.envelope_id,
                    .subject = conversation.str(),
                    .time = written.entry->stored.time,
                    .shop = shop.str(),
                    .seq = written.entry->outbox_seq,
                    .store_epoch = written.store_epoch,
                    .traceparent = origin.traceparent};
  return MakeEnvelope(std::move(head), kEntryAppended,
                      MakeEntryAppended(written.entry->stored, std::move(entry)));
}

}  // namespace

ConversationWriter::ConversationWriter(redis::ShardMap& shards, DataKeys& keys, Notices& notices,
                                       metrics::Metrics& metrics, WriterOptions options)
    : shards_(shards),
      keys_(keys),
      notices_(notices),
      options_(options),
      buyer_entries_(metrics.AddCounter("kefu_inquiries_entries_total", "Entries appended.",
                                        {{"sender", "buyer"}})),
      agent_entries_(metrics.AddCounter("kefu_inquiries_entries_total", "Entries appended.",
                                        {{"sender", "agent"}})),
      system_entries_(metrics.AddCounter("kefu_inquiries_entries_total", "Entries appended.",
                                         {{"sender", "system"}})),
      duplicates_(metrics.AddCounter("kefu_inquiries_duplicates_total",
                                     "Repeated writes answered with their first result.")),
      latency_(metrics.AddLatency("kefu_inquiries_commit_seconds",
                                  "From calling a function to its answer.")) {}

Identity ConversationWriter::IdentityOf(const Sender& sender, const std::string& request_id,
                                        std::string_view payload, const seal::DataKey& key) const {
  Identity identity{.field = SenderScope(sender) + ":" + request_id,
                    .hash = seal::PayloadHash(key.secret, payload),
                    .key_id = key.id};
  if (KEFU_FAILPOINT_ON("inquiries.dedup_off")) identity.field += NewToken();
  return identity;
}

void ConversationWriter::Count(const Written& written, Sender::Kind sender) {
  if (written.duplicate) return duplicates_.Increment();
  if (sender == Sender::KIND_BUYER) return buyer_entries_.Increment();
  if (sender == Sender::KIND_AGENT) return agent_entries_.Increment();
  system_entries_.Increment();
}

Task<absl::StatusOr<redis::Value::Array>> ConversationWriter::Call(
    ShopId shop, redis::FunctionCall call, Deadline deadline,
    std::function<void(const redis::Value::Array&)> committed) {
  using Answer = absl::StatusOr<redis::Value::Array>;
  if (options_.test_clock != nullptr) call.now_ms = std::to_string(options_.test_clock->Now().ms);
  redis::Command command = redis::ToCommand(std::move(call));
  redis::Client& client = shards_.Of(shop);
  const int64_t begin_us = MonotonicUs();
  metrics::Histogram& latency = latency_;
  // The callback owns what it uses: the coroutine may be gone by then if the process is stopping.
  co_return co_await AwaitCallback<Answer>([&](std::function<void(Answer)> done) {
    client.Send(std::move(command), deadline.LeftMs(),
                [done = std::move(done), committed = std::move(committed), begin_us,
                 &latency](absl::StatusOr<redis::Value> reply) {
                  Answer answer = redis::ParseFunctionReply(std::move(reply));
                  latency.Observe(static_cast<double>(MonotonicUs() - begin_us) / 1e6);
                  if (answer.ok()) {
                    KEFU_FAILPOINT("inquiries.committed");
                    committed(*answer);
                  }
                  done(std::move(answer));
                });
  });
}

Task<absl::StatusOr<Committed>> ConversationWriter::Commit(CallInfo info, ShopId shop,
                                                           ConversationId conversation,
                                                           Write write) {
  const BuyerId buyer = BuyerOf(conversation);
  absl::Status refused;
  for (int attempt = 0; attempt < kKeyAttempts; ++attempt) {
    const absl::StatusOr<DataKeyPtr> key = co_await keys_.Ensure(shop, buyer, info.deadline);
    KEFU_CO_RETURN_IF_ERROR(key.status());
    redis::FunctionCall call = write.call(**key);
    std::function<void(const redis::Value::Array&)> committed =
        [key = *key, parse = write.parse,
         tell = write.committed](const redis::Value::Array& answer) { tell(parse(answer), *key); };
    const auto answer = co_await Call(shop, std::move(call), info.deadline, std::move(committed));
    if (answer.ok()) {
      Committed result{write.parse(*answer), *key};
      co_return result;
    }
    refused = answer.status();
    if (ErrorReason(refused) != "KEY_CHANGED") co_return refused;
    keys_.Forget(shop, buyer);
  }
  co_return refused;
}

Task<> ConversationWriter::RegisterShop(ShopId shop, Deadline deadline) {
  {
    absl::MutexLock lock(&mutex_);
    if (registered_.contains(shop)) co_return;
  }
  redis::Command command = {"SADD", kShopsKey, shop.str()};
  const int64_t timeout_ms = std::min(deadline.LeftMs(), kRegisterMs);
  const auto reply = co_await shards_.System().Call(std::move(command), timeout_ms);
  if (!reply.ok()) {
    // The sweepers do not know the shop yet; the next opening tries again.
    log::Warn("shop not registered",
              {{"shop", shop.str()}, {"reason", ErrorReason(reply.status())}});
    co_return;
  }
  absl::MutexLock lock(&mutex_);
  registered_.insert(shop);
}

Task<absl::StatusOr<ConversationWriter::Opened>> ConversationWriter::Open(
    CallInfo info, ShopId shop, BuyerId buyer, NewEntry entry, common::v1::Opening opening) {
  co_await RegisterShop(shop, info.deadline);
  const ConversationId conversation = ConversationOf(buyer);
  const Origin origin = NewOrigin(info);
  const auto sent = std::make_shared<const NewEntry>(std::move(entry));
  const std::string payload = "entry" + DeterministicBytes(sent->content);
  Write write;
  write.parse = ParseOpened;
  write.call = [&](const seal::DataKey& key) {
    OpenArguments arguments;
    arguments.origin = origin;
    arguments.identity = IdentityOf(sent->sender, sent->request_id, payload, key);
    arguments.record = EncodeEntry(*sent, conversation, key);
    arguments.quoted_seq = sent->content.quoted_seq();
    arguments.opening = EncodeOpening(opening, conversation, key);
    const std::string& name = sent->sender.display_name();
    if (!name.empty()) arguments.name = EncodeName(name, conversation, key);
    return OpenCall(shop, conversation, std::move(arguments));
  };
  write.committed = [this, shop, conversation, origin, sent](const Written& written,
                                                             const seal::DataKey& key) {
    Count(written, sent->sender.kind());
    if (written.entry->in_archive) return;
    const auto notice = NoticeOf(shop, conversation, origin, written, *sent, key);
    if (notice.ok()) notices_.Conversation(shop, conversation, *notice);
    if (written.event_seq != 0) notices_.Log(shop, written.event_seq, written.store_epoch);
  };
  auto committed = co_await Commit(std::move(info), shop, conversation, std::move(write));
  KEFU_CO_RETURN_IF_ERROR(committed.status());
  Opened opened{.committed = *std::move(committed)};
  const Written& written = opened.committed.written;
  const seal::DataKey& key = *opened.committed.key;
  if (!written.entry->in_archive) {
    KEFU_CO_ASSIGN_OR_RETURN(opened.entry,
                             EntryOf(conversation, *written.entry, *sent, key, v1::AUDIENCE_BUYER));
  }
  if (!written.inquiry.is_nil()) {
    KEFU_CO_ASSIGN_OR_RETURN(opened.inquiry, ToInquiry(written.inquiry, conversation, &key));
  }
  co_return opened;
}

Task<absl::StatusOr<ConversationWriter::Appended>> ConversationWriter::Append(
    CallInfo info, ShopId shop, SessionId session, uint64_t fence, NewEntry entry) {
  const ConversationId conversation = session.conversation();
  const Origin origin = NewOrigin(info);
  const auto sent = std::make_shared<const NewEntry>(std::move(entry));
  const std::string payload = "entry" + DeterministicBytes(sent->content);
  Write write;
  write.parse = ParseAppended;
  write.call = [&](const seal::DataKey& key) {
    AppendArguments arguments;
    arguments.origin = origin;
    arguments.identity = IdentityOf(sent->sender, sent->request_id, payload, key);
    arguments.session = session.ordinal();
    arguments.sender = SenderScope(sent->sender);
    arguments.fence = fence;
    arguments.buyer_visible = IsBuyerVisible(sent->content);
    arguments.record = EncodeEntry(*sent, conversation, key);
    arguments.quoted_seq = sent->content.quoted_seq();
    arguments.recalled_seq = sent->content.recall().recalled_seq();
    arguments.aside = sent->aside;
    return AppendCall(shop, conversation, std::move(arguments));
  };
  write.committed = [this, shop, conversation, origin, sent](const Written& written,
                                                             const seal::DataKey& key) {
    Count(written, sent->sender.kind());
    if (written.entry->in_archive) return;
    const auto notice = NoticeOf(shop, conversation, origin, written, *sent, key);
    if (notice.ok()) notices_.Conversation(shop, conversation, *notice);
    // A repetition's event was told of by its first.
    if (written.entry->outbox_seq != 0)
      notices_.LogSoon(shop, written.entry->outbox_seq, written.store_epoch);
  };
  auto committed = co_await Commit(std::move(info), shop, conversation, std::move(write));
  KEFU_CO_RETURN_IF_ERROR(committed.status());
  Appended appended{.committed = *std::move(committed)};
  const WrittenEntry& written = *appended.committed.written.entry;
  if (!written.in_archive) {
    const v1::Audience audience =
        sent->sender.kind() == Sender::KIND_BUYER ? v1::AUDIENCE_BUYER : v1::AUDIENCE_STAFF;
    KEFU_CO_ASSIGN_OR_RETURN(
        appended.entry, EntryOf(conversation, written, *sent, *appended.committed.key, audience));
  }
  co_return appended;
}

Task<absl::StatusOr<v1::RaiseFenceResponse>> ConversationWriter::RaiseFence(CallInfo info,
                                                                            ShopId shop,
                                                                            SessionId session,
                                                                            NewOwner owner) {
  const ConversationId conversation = session.conversation();
  const Origin origin = NewOrigin(info);
  NewEntry line = Line(
      owner.agent.empty() ? SystemLine::KIND_WAITING_AGAIN : SystemLine::KIND_AGENT_JOINED, "");
  if (!owner.agent.empty()) {
    auto& parameters = *line.content.mutable_system()->mutable_parameters();
    parameters["agent"] = owner.agent;
    parameters["display_name"] = owner.display_name;
  }
  const auto sent = std::make_shared<const NewEntry>(std::move(line));
  Write write;
  write.parse = ParseFenceRaised;
  write.call = [&](const seal::DataKey& key) {
    RaiseFenceArguments arguments;
    arguments.origin = origin;
    arguments.key_id = key.id;
    arguments.session = session.ordinal();
    arguments.fence = owner.fence;
    arguments.agent = owner.agent;
    arguments.record = EncodeEntry(*sent, conversation, key);
    return RaiseFenceCall(shop, conversation, std::move(arguments));
  };
  write.committed = [this, shop, conversation, origin, sent](const Written& written,
                                                             const seal::DataKey& key) {
    Count(written, Sender::KIND_SYSTEM);
    if (!written.entry) return;
    const auto notice = NoticeOf(shop, conversation, origin, written, *sent, key);
    if (notice.ok()) notices_.Conversation(shop, conversation, *notice);
    notices_.Log(shop, written.entry->outbox_seq, written.store_epoch);
  };
  auto committed = co_await Commit(std::move(info), shop, conversation, std::move(write));
  KEFU_CO_RETURN_IF_ERROR(committed.status());
  const Written& written = committed->written;
  v1::RaiseFenceResponse response;
  response.set_fence(written.fence);
  if (written.entry) {
    KEFU_CO_ASSIGN_OR_RETURN(
        *response.mutable_entry(),
        EntryOf(conversation, *written.entry, *sent, *committed->key, v1::AUDIENCE_STAFF));
  }
  co_return response;
}

Task<absl::StatusOr<Committed>> ConversationWriter::ChangeLife(
    CallInfo info, ShopId shop, ConversationId conversation, Origin origin, NewEntry line,
    std::function<redis::FunctionCall(const seal::DataKey&)> call) {
  const auto sent = std::make_shared<const NewEntry>(std::move(line));
  Write write;
  write.parse = ParseLifeChanged;
  write.call = std::move(call);
  write.committed = [this, shop, conversation, origin, sent](const Written& written,
                                                             const seal::DataKey& key) {
    Count(written, Sender::KIND_SYSTEM);
    if (!written.entry || written.entry->in_archive) return;
    const auto notice = NoticeOf(shop, conversation, origin, written, *sent, key);
    if (notice.ok()) notices_.Conversation(shop, conversation, *notice);
    if (written.event_seq != 0) notices_.Log(shop, written.event_seq, written.store_epoch);
  };
  co_return co_await Commit(std::move(info), shop, conversation, std::move(write));
}

Task<absl::StatusOr<v1::Inquiry>> ConversationWriter::Close(CallInfo info, ShopId shop,
                                                            SessionId session,
                                                            v1::CloseInquiryRequest request) {
  const ConversationId conversation = session.conversation();
  const Origin origin = NewOrigin(info);
  NewEntry line = Line(SystemLine::KIND_SESSION_CLOSED, request.request_id());
  (*line.content.mutable_system()->mutable_parameters())["reason"] = request.reason();
  Sender closer;
  closer.set_kind(request.agent().empty() ? Sender::KIND_SYSTEM : Sender::KIND_AGENT);
  closer.set_id(request.agent());
  const std::string payload = "close" + DeterministicBytes(request);
  std::function<redis::FunctionCall(const seal::DataKey&)> call = [&](const seal::DataKey& key) {
    CloseArguments arguments;
    arguments.origin = origin;
    arguments.identity = IdentityOf(closer, request.request_id(), payload, key);
    arguments.session = session.ordinal();
    arguments.record = EncodeEntry(line, conversation, key);
    arguments.fence = request.fence();
    arguments.agent = request.agent();
    arguments.last_seen_seq = request.last_seen_seq();
    arguments.reason = request.reason();
    arguments.archive_after_ms = options_.archive_after_ms;
    return CloseCall(shop, conversation, std::move(arguments));
  };
  auto committed =
      co_await ChangeLife(std::move(info), shop, conversation, origin, line, std::move(call));
  KEFU_CO_RETURN_IF_ERROR(committed.status());
  co_return ToInquiry(committed->written.inquiry, conversation, committed->key.get());
}

Task<absl::StatusOr<v1::Inquiry>> ConversationWriter::Reopen(CallInfo info, ShopId shop,
                                                             SessionId session,
                                                             std::string request_id) {
  const ConversationId conversation = session.conversation();
  const Origin origin = NewOrigin(info);
  const NewEntry line = Line(SystemLine::KIND_SESSION_REOPENED, request_id);
  const std::string payload = "reopen" + session.str();
  std::function<redis::FunctionCall(const seal::DataKey&)> call = [&](const seal::DataKey& key) {
    ReopenArguments arguments;
    arguments.origin = origin;
    arguments.identity = IdentityOf(line.sender, request_id, payload, key);
    arguments.session = session.ordinal();
    arguments.record = EncodeEntry(line, conversation, key);
    arguments.window_ms = options_.reopen_window_ms;
    return ReopenCall(shop, conversation, std::move(arguments));
  };
  auto committed =
      co_await ChangeLife(std::move(info), shop, conversation, origin, line, std::move(call));
  KEFU_CO_RETURN_IF_ERROR(committed.status());
  co_return ToInquiry(committed->written.inquiry, conversation, committed->key.get());
}

Task<absl::StatusOr<common::v1::Marks>> ConversationWriter::MoveMarks(CallInfo info, ShopId shop,
                                                                      ConversationId conversation,
                                                                      MarksArguments arguments) {
  common::v1::Marks marks;
  marks.set_conversation(conversation.str());
  marks.set_party(arguments.party);
  marks.set_participant(arguments.participant);
  redis::FunctionCall call = MoveMarksCall(shop, conversation, arguments);
  std::function<void(const redis::Value::Array&)> committed =
      [this, shop, conversation, marks, info](const redis::Value::Array& answer) {
        if (answer[2].str() != "1") return;
        v1::MarksMoved moved;
        *moved.mutable_marks() = marks;
        moved.mutable_marks()->set_delivered_seq(static_cast<uint64_t>(answer[0].Int()));
        moved.mutable_marks()->set_read_seq(static_cast<uint64_t>(answer[1].Int()));
        EnvelopeHead head{.id = NewToken(),
                          .subject = conversation.str(),
                          .time = SystemClock().Now(),
                          .shop = shop.str(),
                          .traceparent = info.traceparent};
        notices_.Conversation(shop, conversation,
                              MakeEnvelope(std::move(head), kMarksMoved, moved));
      };
  const auto answer = co_await Call(shop, std::move(call), info.deadline, std::move(committed));
  KEFU_CO_RETURN_IF_ERROR(answer.status());
  marks.set_delivered_seq(static_cast<uint64_t>((*answer)[0].Int()));
  marks.set_read_seq(static_cast<uint64_t>((*answer)[1].Int()));
  co_return marks;
}

Task<absl::Status> ConversationWriter::Link(CallInfo info, ShopId shop, ConversationId from,
                                            ConversationId to) {
  redis::FunctionCall call = LinkCall(shop, from, to);
  const auto answer =
      co_await Call(shop, std::move(call), info.deadline, [](const redis::Value::Array&) {});
  co_return answer.status();
}

Task<absl::Status> ConversationWriter::EraseBuyer(CallInfo info, ShopId shop, BuyerId buyer,
                                                  std::string request_id) {
  const Origin origin = NewOrigin(info);
  redis::FunctionCall call = EraseCall(shop, buyer, origin, request_id);
  std::function<void(const redis::Value::Array&)> committed =
      [this, shop, buyer](const redis::Value::Array& answer) {
        keys_.Forget(shop, buyer);
        if (answer[0].str() == "1") return;
        notices_.Log(shop, static_cast<uint64_t>(answer[2].Int()),
                     static_cast<uint64_t>(answer[1].Int()));
      };
  const auto answer = co_await Call(shop, std::move(call), info.deadline, std::move(committed));
  co_return answer.status();
}

}  // namespace kefu::inquiries::storage
