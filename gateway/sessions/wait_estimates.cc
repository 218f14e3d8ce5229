#include "gateway/sessions/wait_estimates.h"

#include <utility>
#include <vector>

#include "services/common/base/status.h"

namespace kefu::gateway::sessions {
namespace {

constexpr size_t kShops = 2000;
constexpr int64_t kBoardMs = 1000;
constexpr int64_t kTimesMs = 5000;
// How much of the log is looked at.
constexpr uint32_t kEvents = 500;

}  // namespace

WaitEstimates::WaitEstimates(routing::Router& router, const Clock& clock)
    : router_(router), clock_(clock), boards_(kShops, kBoardMs), times_(kShops, kTimesMs) {}

Task<std::optional<WaitRange>> WaitEstimates::Of(ShopId shop, std::string group, uint32_t ahead) {
  const absl::StatusOr<std::shared_ptr<const Board>> board = co_await BoardOf(shop);
  if (!board.ok()) co_return std::nullopt;
  const absl::StatusOr<std::shared_ptr<const Times>> times = co_await TimesOf(shop);
  if (!times.ok()) co_return std::nullopt;
  const auto figures = (*board)->find(group);
  const auto served = (*times)->find(group);
  if (figures == (*board)->end() || served == (*times)->end()) co_return std::nullopt;
  co_return PredictRange(figures->second, served->second, ahead, clock_.Now());
}

Task<absl::StatusOr<std::shared_ptr<const WaitEstimates::Board>>> WaitEstimates::BoardOf(
    ShopId shop) {
  if (auto known = boards_.Get(shop.str())) co_return *std::move(known);
  const auto ticket = boards_.Begin();
  absl::StatusOr<Board> read = co_await router_.GetBoard(shop);
  if (!read.ok()) co_return read.status();
  auto board = std::make_shared<const Board>(*std::move(read));
  boards_.Put(shop.str(), board, ticket);
  co_return board;
}

Task<absl::StatusOr<std::shared_ptr<const WaitEstimates::Times>>> WaitEstimates::TimesOf(
    ShopId shop) {
  if (auto known = times_.Get(shop.str())) co_return *std::move(known);
  const auto ticket = times_.Begin();
  absl::StatusOr<std::vector<routing::Event>> events =
      co_await router_.ReadLastEvents(shop, kEvents);
  if (!events.ok()) co_return events.status();
  auto times = std::make_shared<const Times>(ServiceTimesOf(*events));
  times_.Put(shop.str(), times, ticket);
  co_return times;
}

}  // namespace kefu::gateway::sessions
