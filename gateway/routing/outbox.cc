#include "gateway/routing/outbox.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "gateway/routing/storage/rows.h"
#include "proto/kefu/gateway/v1/events.pb.h"
#include "services/common/base/page_token.h"
#include "services/common/base/status.h"

namespace kefu::gateway::routing {
namespace {

// Entries have no id of their own: theirs is made of what makes them unique, also after a tail was
// lost and written anew.
std::string IdOf(const ShopId& shop, uint64_t seq, const LogFields& fields) {
  const v1::Session& session = fields.change.session;
  const std::string identity =
      page_token::Query({shop.str(), std::to_string(seq), session.session(),
                         std::to_string(session.version()), std::to_string(fields.time.ms)});
  return DeriveToken("kefu routing event", identity);
}

std::string DataOf(SessionChange change) {
  v1::SessionRouted routed;
  *routed.mutable_session() = std::move(change.session);
  routed.set_previous_agent(std::move(change.previous_agent));
  return routed.SerializeAsString();
}

absl::StatusOr<events::v1::Envelope> EnvelopeOf(const ShopId& shop,
                                                const events::StoredElement& element,
                                                uint64_t store_epoch) {
  KEFU_ASSIGN_OR_RETURN(LogFields fields, ReadLogFields(element.fields));
  events::v1::Envelope envelope;
  envelope.set_id(IdOf(shop, element.seq, fields));
  envelope.set_source(kRoutingSource);
  envelope.set_type(std::string(kSessionRouted));
  envelope.set_subject(fields.change.session.session());
  events::SetTime(&envelope, fields.time);
  envelope.set_shop(shop.str());
  envelope.set_seq(element.seq);
  envelope.set_store_epoch(fields.epoch == 0 ? store_epoch : fields.epoch);
  envelope.set_record_version(1);
  envelope.set_data(DataOf(std::move(fields.change)));
  return envelope;
}

class RoutingOutbox final : public events::Outbox {
 public:
  RoutingOutbox(redis::ShardMap& shards, Router& router, events::StoredLog::ListShops list_shops,
                const Clock* test_clock)
      : router_(router),
        log_(shards,
             {.service = "gateway",
              .stream = "ev",
              .consumers = "routing_consumers",
              .head_field = "routing_seq",
              .time_field = "at",
              .reader_field = "cursor_seq_routing"},
             std::move(list_shops), test_clock) {}

  const std::string& source() const override { return source_; }

  Task<absl::StatusOr<events::v1::ReadResponse>> Read(server::CallScope scope, ShopId shop,
                                                      events::v1::ReadRequest request) override {
    KEFU_CO_ASSIGN_OR_RETURN(
        const events::StoredPage page,
        co_await log_.Read(std::move(scope), shop, request.after_seq(), request.store_epoch(),
                           events::ReadPageSize(request)));
    events::v1::ReadResponse response;
    response.set_head_seq(page.head_seq);
    response.set_store_epoch(page.store_epoch);
    response.set_next_seq(page.elements.empty() ? std::max(request.after_seq(), page.head_seq)
                                                : page.elements.back().seq);
    if (!events::Wanted(request, kSessionRouted)) co_return response;
    for (const events::StoredElement& element : page.elements) {
      KEFU_CO_ASSIGN_OR_RETURN(*response.add_envelopes(),
                               EnvelopeOf(shop, element, page.store_epoch));
    }
    co_return response;
  }

  Task<absl::StatusOr<events::v1::ListHeadsResponse>> ListHeads(
      server::CallScope scope, events::v1::ListHeadsRequest request) override {
    return log_.ListHeads(std::move(scope), std::move(request));
  }
  Task<absl::Status> ReportCursors(server::CallScope scope,
                                   events::v1::ReportCursorsRequest request) override {
    return log_.ReportCursors(std::move(scope), std::move(request));
  }
  Task<absl::StatusOr<uint64_t>> RaiseEpoch(server::CallScope scope, ShopId shop,
                                            uint64_t observed) override {
    return log_.RaiseEpoch(std::move(scope), std::move(shop), observed);
  }
  Task<absl::StatusOr<uint64_t>> Trim(ShopId shop) override { return log_.Trim(std::move(shop)); }

  // A session that begins meanwhile is in the log; one may come twice, in the same version.
  Task<absl::StatusOr<events::v1::SnapshotResponse>> Snapshot(
      server::CallScope scope, ShopId shop, events::v1::SnapshotRequest request) override {
    const std::string query = page_token::Query({"snapshot", source_, shop.str()});
    KEFU_CO_ASSIGN_OR_RETURN(std::string place, page_token::Decode(query, request.page_token()));
    KEFU_CO_ASSIGN_OR_RETURN(const events::StoredPage head,
                             co_await log_.Head(std::move(scope), shop));
    KEFU_CO_ASSIGN_OR_RETURN(
        Router::LivePage page,
        co_await router_.ListLive(shop, std::move(place), events::SnapshotPageSize(request)));
    events::v1::SnapshotResponse response;
    response.set_head_seq(head.head_seq);
    response.set_store_epoch(head.store_epoch);
    if (!page.next.empty()) response.set_next_page_token(page_token::Encode(query, page.next));
    for (v1::Session& session : page.sessions) {
      const std::string subject = session.session();
      const std::string version = std::to_string(session.version());
      *response.add_envelopes() = events::SnapshotEnvelope(
          source_, shop, head,
          {.type = kSessionRouted,
           .subject = subject,
           .version = version,
           .data = DataOf({.session = std::move(session), .previous_agent = ""})});
    }
    co_return response;
  }

 private:
  const std::string source_ = kRoutingSource;
  Router& router_;
  events::StoredLog log_;
};

}  // namespace

std::unique_ptr<events::Outbox> NewRoutingOutbox(redis::ShardMap& shards, Router& router,
                                                 events::StoredLog::ListShops list_shops,
                                                 const Clock* test_clock) {
  return std::make_unique<RoutingOutbox>(shards, router, std::move(list_shops), test_clock);
}

}  // namespace kefu::gateway::routing
