#include "services/common/events/outbox.h"

#include <absl/strings/numbers.h>

#include <algorithm>
#include <utility>

#include "services/common/base/page_token.h"
#include "services/common/base/status.h"
#include "services/common/events/stored_log.h"
#include "services/common/redis/function.h"

namespace kefu::events {
namespace {

absl::Status BadEvent(uint64_t seq) {
  return Error(
      absl::StatusCode::kDataLoss, "BAD_RECORD",
      "Event " + std::to_string(seq) + " of the outbox cannot be read; restore it from a backup.");
}

// The envelope as AggregateStore stored it, with what only its place says.
absl::StatusOr<v1::Envelope> EnvelopeOf(const StoredElement& element, const std::string& source,
                                        uint64_t store_epoch) {
  v1::Envelope envelope;
  if (!envelope.ParseFromString(element.fields.Field("e").str())) return BadEvent(element.seq);
  envelope.set_source(source);
  envelope.set_seq(element.seq);
  SetTime(&envelope, {element.fields.Field("t").Int()});
  // Elements of the first release do not say their epoch.
  const redis::Value& written_in = element.fields.Field("ep");
  envelope.set_store_epoch(written_in.is_nil() ? store_epoch
                                               : static_cast<uint64_t>(written_in.Int()));
  return envelope;
}

// Where a snapshot goes on: the part, and the last id of its index with its score.
struct Place {
  size_t part = 0;
  std::string score;
  std::string id;
};

std::string ToText(const Place& place) {
  return std::to_string(place.part) + "\n" + place.score + "\n" + place.id;
}

// Tokens are checked before: this one is of our making.
Place PlaceFromText(const std::string& text) {
  Place place;
  const size_t first = text.find('\n');
  const size_t second = first == std::string::npos ? first : text.find('\n', first + 1);
  if (second == std::string::npos || !absl::SimpleAtoi(text.substr(0, first), &place.part))
    return {};
  place.score = text.substr(first + 1, second - first - 1);
  place.id = text.substr(second + 1);
  return place;
}

class AggregateOutbox final : public Outbox {
 public:
  AggregateOutbox(redis::ShardMap& shards, redis::AggregateStore& store, std::string service,
                  std::string source, std::vector<SnapshotPart> snapshot, std::string shops)
      : store_(store),
        service_(service),
        source_(std::move(source)),
        snapshot_(std::move(snapshot)),
        log_(
            shards, {.service = std::move(service)},
            [&store, shops = std::move(shops)](std::string after, size_t limit) {
              return store.ListShops(std::move(after), limit, shops);
            },
            store.test_clock()) {}

  const std::string& source() const override { return source_; }

  Task<absl::StatusOr<v1::ReadResponse>> Read(server::CallScope scope, ShopId shop,
                                              v1::ReadRequest request) override {
    KEFU_CO_ASSIGN_OR_RETURN(const StoredPage page,
                             co_await log_.Read(std::move(scope), shop, request.after_seq(),
                                                request.store_epoch(), ReadPageSize(request)));
    v1::ReadResponse response;
    response.set_head_seq(page.head_seq);
    response.set_store_epoch(page.store_epoch);
    response.set_next_seq(std::max(request.after_seq(), page.elements.empty() ? page.head_seq : 0));
    size_t bytes = 0;
    for (const StoredElement& element : page.elements) {
      if (bytes >= kMaxPageBytes) break;
      KEFU_CO_ASSIGN_OR_RETURN(v1::Envelope envelope,
                               EnvelopeOf(element, source_, page.store_epoch));
      if (Wanted(request, envelope.type())) {
        bytes += envelope.data().size();
        *response.add_envelopes() = std::move(envelope);
      }
      response.set_next_seq(element.seq);
    }
    co_return response;
  }

  Task<absl::StatusOr<v1::ListHeadsResponse>> ListHeads(server::CallScope scope,
                                                        v1::ListHeadsRequest request) override {
    return log_.ListHeads(std::move(scope), std::move(request));
  }
  Task<absl::Status> ReportCursors(server::CallScope scope,
                                   v1::ReportCursorsRequest request) override {
    return log_.ReportCursors(std::move(scope), std::move(request));
  }
  Task<absl::StatusOr<uint64_t>> RaiseEpoch(server::CallScope scope, ShopId shop,
                                            uint64_t observed) override {
    return log_.RaiseEpoch(std::move(scope), std::move(shop), observed);
  }
  Task<absl::StatusOr<uint64_t>> Trim(ShopId shop) override { return log_.Trim(std::move(shop)); }

  Task<absl::StatusOr<v1::SnapshotResponse>> Snapshot(server::CallScope scope, ShopId shop,
                                                      v1::SnapshotRequest request) override {
    const std::string query = page_token::Query({"snapshot", source_, shop.str()});
    KEFU_CO_ASSIGN_OR_RETURN(const std::string token,
                             page_token::Decode(query, request.page_token()));
    Place place = PlaceFromText(token);
    // Before anything else is read, so that whatever changes meanwhile comes after it in the log.
    KEFU_CO_ASSIGN_OR_RETURN(const StoredPage head, co_await log_.Head(scope, shop));
    v1::SnapshotResponse response;
    response.set_head_seq(head.head_seq);
    response.set_store_epoch(head.store_epoch);
    size_t bytes = 0;
    size_t left = SnapshotPageSize(request);
    while (left > 0 && bytes < kMaxPageBytes && place.part < snapshot_.size()) {
      // Few at a time: aggregates may be big.
      const size_t count = std::min<size_t>(left, kBatch);
      KEFU_CO_ASSIGN_OR_RETURN(const std::vector<Place> members,
                               co_await Members(scope, shop, place, count));
      KEFU_CO_ASSIGN_OR_RETURN(const size_t shown,
                               co_await Show(shop, head, members, &response, &bytes));
      if (shown == members.size() && members.size() < count) {
        place = {.part = place.part + 1};
      } else {
        place = members[shown - 1];
      }
      left -= shown;
    }
    if (place.part < snapshot_.size())
      response.set_next_page_token(page_token::Encode(query, ToText(place)));
    co_return response;
  }

 private:
  static constexpr size_t kBatch = 50;

  // The next ones of the index after `place`.
  Task<absl::StatusOr<std::vector<Place>>> Members(server::CallScope scope, ShopId shop,
                                                   Place place, size_t limit) {
    redis::FunctionCall call{.function = service_ + "_outbox_members_v1",
                             .keys = {log_.Key(shop, snapshot_[place.part].index)},
                             .arguments = {place.score, place.id, std::to_string(limit)}};
    const int64_t timeout_ms = std::max<int64_t>(scope.remaining_ms(), 1);
    KEFU_CO_ASSIGN_OR_RETURN(
        const redis::Value::Array answer,
        co_await redis::CallFunction(log_.shards().Of(shop), std::move(call), timeout_ms));
    std::vector<Place> members;
    const redis::Value none;
    const redis::Value& flat = answer.empty() ? none : answer[0];
    for (size_t i = 0; i + 1 < flat.size(); i += 2)
      members.push_back({place.part, flat[i + 1].str(), flat[i].str()});
    co_return members;
  }

  // Answers how many are shown: all, or fewer if they fill the page.
  Task<absl::StatusOr<size_t>> Show(ShopId shop, const StoredPage& head,
                                    const std::vector<Place>& members,
                                    v1::SnapshotResponse* response, size_t* bytes) {
    if (members.empty()) co_return size_t{0};
    const SnapshotPart& part = snapshot_[members.front().part];
    std::vector<std::string> ids;
    for (const Place& member : members) ids.push_back(member.id);
    KEFU_CO_ASSIGN_OR_RETURN(const std::vector<redis::Snapshot> aggregates,
                             co_await store_.LoadMany(shop, part.type, ids));
    for (size_t i = 0; i < ids.size(); ++i) {
      if (*bytes >= kMaxPageBytes) co_return i;
      if (aggregates[i].version == 0) continue;
      KEFU_CO_ASSIGN_OR_RETURN(std::vector<redis::NewEvent> events,
                               part.show(ids[i], aggregates[i]));
      for (redis::NewEvent& event : events) {
        *bytes += event.data.size();
        *response->add_envelopes() =
            SnapshotEnvelope(source_, shop, head,
                             {.type = event.type,
                              .subject = event.subject,
                              .version = std::to_string(aggregates[i].version),
                              .data = std::move(event.data),
                              .record_version = event.record_version});
      }
    }
    co_return ids.size();
  }

  redis::AggregateStore& store_;
  const std::string service_;
  const std::string source_;
  const std::vector<SnapshotPart> snapshot_;
  StoredLog log_;
};

}  // namespace

std::unique_ptr<Outbox> NewAggregateOutbox(redis::ShardMap& shards, redis::AggregateStore& store,
                                           std::string service, std::string source,
                                           std::vector<SnapshotPart> snapshot, std::string shops) {
  return std::make_unique<AggregateOutbox>(shards, store, std::move(service), std::move(source),
                                           std::move(snapshot), std::move(shops));
}

}  // namespace kefu::events
