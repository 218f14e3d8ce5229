#include "services/after_sales/storage/case_list.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "services/after_sales/storage/case_store.h"
#include "services/after_sales/storage/notes.h"
#include "services/after_sales/storage/records.h"
#include "services/common/base/page_token.h"
#include "services/common/base/status.h"

namespace kefu::after_sales::storage {
namespace {

// How many cases a page looks at, at most, for those that pass the filter.
constexpr size_t kMaxLooked = 500;

// The smallest index that holds all that is wanted.
std::string IndexOf(const CaseList::Filter& filter) {
  if (!filter.buyer.empty()) return BuyerIndex(filter.buyer);
  if (filter.state) return StateIndex(*filter.state);
  return std::string(filter.live_only ? kLiveIndex : kCasesIndex);
}

bool Passes(const CaseList::Filter& filter, const v1::Case& one) {
  const auto state = static_cast<domain::State>(one.state());
  return (filter.buyer.empty() || filter.buyer == one.buyer()) &&
         (!filter.state || *filter.state == state) && (!filter.live_only || domain::IsLive(state));
}

std::string QueryOf(const ShopId& shop, const CaseList::Filter& filter) {
  return page_token::Query({shop.str(), filter.buyer, filter.order ? filter.order->str() : "",
                            filter.state ? domain::Name(*filter.state) : "",
                            filter.live_only ? "live" : ""});
}

}  // namespace

Task<absl::StatusOr<std::vector<std::optional<v1::Case>>>> CaseList::Load(
    ShopId shop, std::vector<Place> places) {
  std::map<std::string, size_t> numbers;
  std::vector<std::string> orders;
  std::vector<CaseId> ids;
  for (const Place& place : places) {
    KEFU_CO_ASSIGN_OR_RETURN(CaseId id, CaseId::Parse(place.member));
    const auto [at, is_new] = numbers.emplace(id.order().str(), orders.size());
    if (is_new) orders.push_back(id.order().str());
    ids.push_back(std::move(id));
  }
  KEFU_CO_ASSIGN_OR_RETURN(const std::vector<redis::Snapshot> snapshots,
                           co_await store_.LoadMany(shop, std::string(kOrderType), orders));
  std::map<std::string, domain::OrderCases> read;
  for (size_t i = 0; i < orders.size(); ++i) {
    if (snapshots[i].version == 0) continue;
    KEFU_CO_ASSIGN_OR_RETURN(const OrderId order, OrderId::Parse(orders[i]));
    KEFU_CO_ASSIGN_OR_RETURN(domain::OrderCases cases, Decode(order, snapshots[i].state));
    read.emplace(orders[i], std::move(cases));
  }
  std::vector<domain::OrderCases*> whole;
  for (auto& [order, cases] : read) whole.push_back(&cases);
  KEFU_CO_RETURN_IF_ERROR(co_await OpenNotes(keys_, std::move(shop), std::move(whole)));
  std::vector<std::optional<v1::Case>> cases;
  for (const CaseId& id : ids) {
    const auto order = read.find(id.order().str());
    const domain::Case* one = order == read.end() ? nullptr : order->second.Find(id);
    cases.push_back(one == nullptr ? std::nullopt : std::optional(ToProto(order->second, *one)));
  }
  co_return cases;
}

Task<absl::StatusOr<CaseList::Part>> CaseList::OfOrder(ShopId shop, Filter filter,
                                                       std::optional<Place> after, size_t size) {
  redis::AggregateId id{shop, std::string(kOrderType), filter.order->str()};
  KEFU_CO_ASSIGN_OR_RETURN(const redis::Snapshot snapshot, co_await store_.Load(std::move(id)));
  Part part;
  if (snapshot.version == 0) co_return part;
  KEFU_CO_ASSIGN_OR_RETURN(domain::OrderCases cases, Decode(*filter.order, snapshot.state));
  std::vector<domain::OrderCases*> whole = {&cases};
  KEFU_CO_RETURN_IF_ERROR(co_await OpenNotes(keys_, std::move(shop), std::move(whole)));
  std::vector<Place> places;
  for (const domain::Case& one : cases.cases)
    places.push_back({one.update_time.ms, cases.IdOf(one).str()});
  std::sort(places.begin(), places.end(),
            [](const Place& a, const Place& b) { return Before(a, b); });
  for (const Place& place : places) {
    if (after && !Before(*after, place)) continue;
    KEFU_CO_ASSIGN_OR_RETURN(const CaseId case_id, CaseId::Parse(place.member));
    v1::Case one = ToProto(cases, *cases.Find(case_id));
    if (!Passes(filter, one)) continue;
    if (part.cases.size() == size) co_return part;
    part.cases.push_back(std::move(one));
    part.end = place;
  }
  part.end.reset();
  co_return part;
}

Task<absl::StatusOr<CaseList::Part>> CaseList::OfIndex(ShopId shop, Filter filter,
                                                       std::optional<Place> after, size_t size) {
  const std::string index = IndexOf(filter);
  const size_t batch = size + 1;
  Part part;
  for (size_t looked = 0; looked < kMaxLooked; looked += batch) {
    KEFU_CO_ASSIGN_OR_RETURN(const std::vector<Place> places,
                             co_await store_.ReadIndex(shop, index, after, batch));
    KEFU_CO_ASSIGN_OR_RETURN(auto cases, co_await Load(shop, places));
    for (size_t i = 0; i < places.size(); ++i) {
      const bool passes = cases[i] && Passes(filter, *cases[i]);
      if (passes && part.cases.size() == size) {
        part.end = after;
        co_return part;
      }
      if (passes) part.cases.push_back(*std::move(cases[i]));
      after = places[i];
    }
    if (places.size() < batch) co_return part;
  }
  part.end = after;
  co_return part;
}

Task<absl::StatusOr<CaseList::Page>> CaseList::List(ShopId shop, Filter filter, size_t size,
                                                    std::string page_token) {
  const std::string query = QueryOf(shop, filter);
  KEFU_CO_ASSIGN_OR_RETURN(const std::string position, page_token::Decode(query, page_token));
  KEFU_CO_ASSIGN_OR_RETURN(std::optional<Place> after, ParsePosition(position));
  absl::StatusOr<Part> part;
  if (filter.order) {
    part = co_await OfOrder(std::move(shop), std::move(filter), std::move(after), size);
  } else {
    part = co_await OfIndex(std::move(shop), std::move(filter), std::move(after), size);
  }
  KEFU_CO_RETURN_IF_ERROR(part.status());
  Page page{std::move(part->cases), ""};
  if (part->end) page.next_page_token = page_token::Encode(query, Position(*part->end));
  co_return page;
}

std::string CaseList::Position(const Place& place) {
  return std::to_string(place.score) + ":" + place.member;
}

absl::StatusOr<std::optional<CaseList::Place>> CaseList::ParsePosition(
    const std::string& position) {
  if (position.empty()) return std::nullopt;
  Place place;
  const char* const end = position.data() + position.size();
  const auto [stop, error] = std::from_chars(position.data(), end, place.score);
  if (error != std::errc() || stop == end || *stop != ':') {
    return Error(absl::StatusCode::kInvalidArgument, "BAD_PAGE_TOKEN",
                 "Take the token of the last page of the same query.");
  }
  place.member.assign(stop + 1, end);
  return place;
}

}  // namespace kefu::after_sales::storage
