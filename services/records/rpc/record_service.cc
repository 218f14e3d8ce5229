#include "services/records/rpc/record_service.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "services/common/base/page_token.h"
#include "services/common/base/status.h"
#include "services/common/server/unary.h"
#include "services/records/domain/days.h"
#include "services/records/domain/query.h"
#include "services/records/rpc/conversion.h"
#include "services/records/storage/hourly.h"
#include "services/records/storage/reports.h"
#include "services/records/storage/search.h"

namespace kefu::records::rpc {
namespace {

constexpr uint32_t kDefaultPage = 20, kMaxPage = 100;
constexpr uint32_t kDefaultRounds = 100, kMaxRounds = 500;
constexpr size_t kMaxHourlyDays = 14;
// Kept back for the way home: an answer that comes with the deadline is not heard any more.
constexpr int64_t kHopMs = 50;

int64_t DeadlineOf(const server::CallScope& scope) {
  return scope.deadline_ms -
         std::min<int64_t>(kHopMs, std::max<int64_t>(0, scope.remaining_ms() / 2));
}

uint32_t PageSize(uint32_t asked, uint32_t otherwise, uint32_t most) {
  return std::min(asked == 0 ? otherwise : asked, most);
}

bool IsAgent(const common::v1::Actor& actor) { return actor.role() == kefu::ROLE_AGENT; }

// Agents see their own sessions and figures only.
template <class Request>
absl::StatusOr<std::string> AgentOf(const Request& request) {
  if (!IsAgent(request.actor())) return request.agent();
  if (request.agent().empty() || request.agent() == request.actor().id())
    return request.actor().id();
  return Error(absl::StatusCode::kPermissionDenied, "OTHER_AGENT",
               "Agents read what is their own; leave agent empty, or ask a supervisor.");
}

absl::Status CheckAgent(const std::string& agent) {
  return agent.empty() ? absl::OkStatus() : AgentId::Parse(agent).status();
}

std::string TextOf(const std::optional<TimePoint>& time) {
  return time ? std::to_string(time->ms) : "";
}

absl::Status BadPageToken() {
  return Error(absl::StatusCode::kInvalidArgument, "BAD_PAGE_TOKEN",
               "Take the page_token of the page before, with the same filters.");
}

// Positions are numbers and ids with blanks between them.
class PositionReader {
 public:
  explicit PositionReader(std::string_view text) : rest_(text) {}

  template <class Number>
  absl::Status Read(Number* number) {
    const std::string_view word = Next();
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), *number);
    const bool whole = error == std::errc() && end == word.data() + word.size();
    return whole ? absl::OkStatus() : BadPageToken();
  }
  absl::Status Read(std::string* session) {
    *session = Next();
    return SessionId::Parse(*session).ok() ? absl::OkStatus() : BadPageToken();
  }

 private:
  std::string_view Next() {
    const size_t end = std::min(rest_.find(' '), rest_.size());
    const std::string_view word = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return word;
  }
  std::string_view rest_;
};

// One row more than the page holds says that there is another page. Cuts it off.
template <class Row>
bool CutToPage(std::vector<Row>* rows, uint32_t page_size) {
  if (rows->size() <= page_size) return false;
  rows->resize(page_size);
  return true;
}

struct Searched {
  storage::SearchQuery query;
  uint32_t page_size = 0;
  std::string token_query;
};

absl::StatusOr<Searched> CheckSearch(const text::Analyser& analyser, const ShopId& shop,
                                     const v1::SearchTranscriptsRequest& request) {
  Searched searched;
  storage::SearchQuery& query = searched.query;
  KEFU_ASSIGN_OR_RETURN(query.query, domain::ParseQuery(analyser, request.query()));
  if (!request.conversation().empty()) {
    KEFU_RETURN_IF_ERROR(ConversationId::Parse(request.conversation()));
  }
  KEFU_RETURN_IF_ERROR(CheckAgent(request.agent()));
  KEFU_ASSIGN_OR_RETURN(const storage::TimeSpan span, TimeSpanOf(request));
  query.conversation = request.conversation();
  query.agent = request.agent();
  if (IsAgent(request.actor())) query.owner = request.actor().id();
  query.from = span.from;
  query.to = span.to;
  searched.page_size = PageSize(request.page_size(), kDefaultPage, kMaxPage);
  query.limit = searched.page_size + 1;
  searched.token_query =
      page_token::Query({"search", shop.str(), request.query(), query.conversation, query.agent,
                         query.owner, TextOf(query.from), TextOf(query.to)});
  KEFU_ASSIGN_OR_RETURN(const std::string position,
                        page_token::Decode(searched.token_query, request.page_token()));
  if (!position.empty()) {
    PositionReader reader(position);
    KEFU_RETURN_IF_ERROR(reader.Read(&query.before_id.emplace()));
  }
  return searched;
}

struct ListedSessions {
  storage::SessionQuery query;
  uint32_t page_size = 0;
  std::string token_query;
};

absl::StatusOr<ListedSessions> CheckSessions(const ShopId& shop,
                                             const v1::ListSessionsRequest& request) {
  ListedSessions listed;
  storage::SessionQuery& query = listed.query;
  if (!request.buyer().empty()) KEFU_RETURN_IF_ERROR(BuyerId::Parse(request.buyer()));
  KEFU_RETURN_IF_ERROR(CheckAgent(request.agent()));
  KEFU_ASSIGN_OR_RETURN(query.opened, TimeSpanOf(request));
  query.buyer = request.buyer();
  KEFU_ASSIGN_OR_RETURN(query.agent, AgentOf(request));
  listed.page_size = PageSize(request.page_size(), kDefaultPage, kMaxPage);
  query.limit = listed.page_size + 1;
  listed.token_query = page_token::Query({"sessions", shop.str(), query.buyer, query.agent,
                                          TextOf(query.opened.from), TextOf(query.opened.to)});
  KEFU_ASSIGN_OR_RETURN(const std::string position,
                        page_token::Decode(listed.token_query, request.page_token()));
  if (!position.empty()) {
    PositionReader reader(position);
    storage::SessionPosition& after = query.after.emplace();
    KEFU_RETURN_IF_ERROR(reader.Read(&after.open.ms));
    KEFU_RETURN_IF_ERROR(reader.Read(&after.session));
  }
  return listed;
}

struct ListedRounds {
  storage::RoundQuery query;
  uint32_t page_size = 0;
  std::string token_query;
};

absl::StatusOr<ListedRounds> CheckRounds(const ShopId& shop, const v1::ListRoundsRequest& request) {
  ListedRounds listed;
  storage::RoundQuery& query = listed.query;
  KEFU_RETURN_IF_ERROR(CheckAgent(request.agent()));
  if (!request.session().empty()) KEFU_RETURN_IF_ERROR(SessionId::Parse(request.session()));
  KEFU_ASSIGN_OR_RETURN(query.asked, TimeSpanOf(request));
  query.agent = request.agent();
  query.session = request.session();
  listed.page_size = PageSize(request.page_size(), kDefaultRounds, kMaxRounds);
  query.limit = listed.page_size + 1;
  listed.token_query = page_token::Query({"rounds", shop.str(), query.agent, query.session,
                                          TextOf(query.asked.from), TextOf(query.asked.to)});
  KEFU_ASSIGN_OR_RETURN(const std::string position,
                        page_token::Decode(listed.token_query, request.page_token()));
  if (!position.empty()) {
    PositionReader reader(position);
    storage::RoundPosition& after = query.after.emplace();
    KEFU_RETURN_IF_ERROR(reader.Read(&after.asked.ms));
    KEFU_RETURN_IF_ERROR(reader.Read(&after.session));
    KEFU_RETURN_IF_ERROR(reader.Read(&after.asked_seq));
  }
  return listed;
}

class RecordServiceImpl final : public v1::RecordService::CallbackService {
 public:
  RecordServiceImpl(server::IoThreads& io, storage::Database& database,
                    const text::Analyser& analyser, const Clock& clock)
      : io_(io), database_(database), analyser_(analyser), clock_(clock) {}

// The methods of the generated class, each starting its coroutine.
#define KEFU_UNARY(Method)                                                         \
  grpc::ServerUnaryReactor* Method(grpc::CallbackServerContext* context,           \
                                   const v1::Method##Request* request,             \
                                   v1::Method##Response* response) override {      \
    return server::Unary(context, io_.Next(), [=, this](server::CallScope scope) { \
      return Answer(std::move(scope), *request, response);                         \
    });                                                                            \
  }
  KEFU_UNARY(SearchTranscripts)
  KEFU_UNARY(ListSessions)
  KEFU_UNARY(GetFigures)
  KEFU_UNARY(GetHourlyFigures)
  KEFU_UNARY(ListRounds)
#undef KEFU_UNARY

 private:
  template <class Response>
  using Reading = std::function<absl::StatusOr<Response>(soci::session&)>;

  // Reads the whole answer on a reader's thread; `response` is written when it is back.
  template <class Response>
  Task<absl::Status> Read(server::CallScope scope, Reading<Response> reading, Response* response) {
    auto read = co_await database_.Query<Response>(std::move(reading), DeadlineOf(scope));
    KEFU_CO_RETURN_IF_ERROR(read.status());
    *response = *std::move(read);
    co_return absl::OkStatus();
  }

  Task<absl::Status> Answer(server::CallScope scope, const v1::SearchTranscriptsRequest& request,
                            v1::SearchTranscriptsResponse* response) {
    KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
    KEFU_CO_ASSIGN_OR_RETURN(const Searched searched, CheckSearch(analyser_, shop, request));
    Reading<v1::SearchTranscriptsResponse> reading = [this, shop, searched](soci::session& sql) {
      v1::SearchTranscriptsResponse found;
      std::vector<storage::Hit> hits = storage::Search(sql, shop, searched.query);
      const bool more = CutToPage(&hits, searched.page_size);
      for (const storage::Hit& hit : hits) {
        *found.add_hits() = ToMessage(hit, analyser_, searched.query.query);
      }
      if (more) {
        found.set_next_page_token(
            page_token::Encode(searched.token_query, std::to_string(hits.back().id)));
      }
      return found;
    };
    co_return co_await Read(std::move(scope), std::move(reading), response);
  }

  Task<absl::Status> Answer(server::CallScope scope, const v1::ListSessionsRequest& request,
                            v1::ListSessionsResponse* response) {
    KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
    KEFU_CO_ASSIGN_OR_RETURN(const ListedSessions listed, CheckSessions(shop, request));
    Reading<v1::ListSessionsResponse> reading = [shop, listed](soci::session& sql) {
      v1::ListSessionsResponse found;
      std::vector<storage::SessionRow> rows = storage::ListSessions(sql, shop, listed.query);
      const bool more = CutToPage(&rows, listed.page_size);
      for (const storage::SessionRow& row : rows) *found.add_sessions() = ToMessage(row);
      if (more) {
        const std::string position =
            std::to_string(rows.back().open.ms) + " " + rows.back().session;
        found.set_next_page_token(page_token::Encode(listed.token_query, position));
      }
      return found;
    };
    co_return co_await Read(std::move(scope), std::move(reading), response);
  }

  Task<absl::Status> Answer(server::CallScope scope, const v1::GetFiguresRequest& request,
                            v1::GetFiguresResponse* response) {
    KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
    KEFU_CO_ASSIGN_OR_RETURN(
        const std::vector<domain::Day> days,
        domain::DaysOf(request.from_day(), request.to_day(), request.time_zone()));
    KEFU_CO_RETURN_IF_ERROR(CheckAgent(request.agent()));
    KEFU_CO_ASSIGN_OR_RETURN(const std::string agent, AgentOf(request));
    const TimePoint now = clock_.Now();
    Reading<v1::GetFiguresResponse> reading = [=](soci::session& sql) {
      v1::GetFiguresResponse found;
      for (const storage::Figures& row : storage::GetFigures(sql, shop, days, agent, now)) {
        *found.add_rows() = ToMessage(row);
      }
      const std::optional<TimePoint> as_of = storage::ReadUpTo(sql, shop);
      if (as_of) *found.mutable_as_of() = ToTimestamp(*as_of);
      return found;
    };
    co_return co_await Read(std::move(scope), std::move(reading), response);
  }

  Task<absl::Status> Answer(server::CallScope scope, const v1::GetHourlyFiguresRequest& request,
                            v1::GetHourlyFiguresResponse* response) {
    KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
    KEFU_CO_ASSIGN_OR_RETURN(
        const std::vector<domain::Day> days,
        domain::DaysOf(request.from_day(), request.to_day(), request.time_zone()));
    if (days.size() > kMaxHourlyDays)
      co_return InvalidField("to_day", "must be at most 13 days away");
    const TimePoint begin = days.front().begin, end = std::min(days.back().end, clock_.Now());
    Reading<v1::GetHourlyFiguresResponse> reading = [=](soci::session& sql) {
      v1::GetHourlyFiguresResponse found;
      for (const storage::HourlyFigures& row : storage::GetHourlyFigures(sql, shop, begin, end)) {
        *found.add_rows() = ToMessage(row);
      }
      const std::optional<TimePoint> as_of = storage::ReadUpTo(sql, shop);
      if (as_of) *found.mutable_as_of() = ToTimestamp(*as_of);
      return found;
    };
    co_return co_await Read(std::move(scope), std::move(reading), response);
  }

  Task<absl::Status> Answer(server::CallScope scope, const v1::ListRoundsRequest& request,
                            v1::ListRoundsResponse* response) {
    KEFU_CO_ASSIGN_OR_RETURN(const ShopId shop, ShopId::Parse(request.shop()));
    KEFU_CO_ASSIGN_OR_RETURN(const ListedRounds listed, CheckRounds(shop, request));
    Reading<v1::ListRoundsResponse> reading = [shop, listed](soci::session& sql) {
      v1::ListRoundsResponse found;
      std::vector<storage::RoundRow> rows = storage::ListRounds(sql, shop, listed.query);
      const bool more = CutToPage(&rows, listed.page_size);
      for (const storage::RoundRow& row : rows) *found.add_rounds() = ToMessage(row);
      if (more) {
        const domain::Round& last = rows.back().round;
        const std::string position = std::to_string(last.asked.ms) + " " + rows.back().session +
                                     " " + std::to_string(last.asked_seq);
        found.set_next_page_token(page_token::Encode(listed.token_query, position));
      }
      return found;
    };
    co_return co_await Read(std::move(scope), std::move(reading), response);
  }

  server::IoThreads& io_;
  storage::Database& database_;
  const text::Analyser& analyser_;
  const Clock& clock_;
};

}  // namespace

std::unique_ptr<v1::RecordService::CallbackService> NewRecordService(server::IoThreads& io,
                                                                     storage::Database& database,
                                                                     const text::Analyser& analyser,
                                                                     const Clock& clock) {
  return std::make_unique<RecordServiceImpl>(io, database, analyser, clock);
}

}  // namespace kefu::records::rpc
