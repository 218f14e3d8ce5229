#include "gateway/sessions/buyer_states.h"

#include <optional>
#include <utility>

#include "services/common/base/status.h"

namespace kefu::gateway::sessions {

Task<v1::QueuePlace> BuyerStates::PlaceOf(ShopId shop, routing::Explanation explained) {
  v1::QueuePlace place;
  place.set_ahead(explained.ahead);
  const std::optional<WaitRange> range =
      co_await deps_.waits.Of(std::move(shop), explained.session.group, explained.ahead);
  if (range) {
    place.mutable_wait_low()->set_seconds(range->low_s);
    place.mutable_wait_high()->set_seconds(range->high_s);
  }
  co_return place;
}

Task<absl::StatusOr<streams::BuyerLook>> BuyerStates::Of(ShopId shop, SessionId session) {
  streams::BuyerLook look;
  look.state.set_session(session.str());
  look.state.set_state(v1::Session::STATE_WAITING);
  absl::StatusOr<routing::Explanation> explained = co_await deps_.router.Explain(shop, session);
  if (!explained.ok() && !absl::IsNotFound(explained.status())) co_return explained.status();
  const v1::Session::State state =
      explained.ok() ? explained->session.session.state() : v1::Session::STATE_CLOSED;
  if (state == v1::Session::STATE_WAITING || state == v1::Session::STATE_OFFERED) {
    look.away = explained->buyer_away_until.has_value();
    *look.state.mutable_place() = co_await PlaceOf(std::move(shop), *std::move(explained));
    co_return look;
  }
  if (state == v1::Session::STATE_ACTIVE) {
    look.state.set_state(state);
    look.state = co_await streams::WithAgent(deps_.find_agent, shop, std::move(look.state),
                                             explained->session.session.agent());
    co_return look;
  }
  KEFU_CO_ASSIGN_OR_RETURN(const std::optional<Parking> parked,
                           co_await deps_.lot.Find(shop, session));
  if (parked) {
    *look.state.mutable_parked() = ToMessage(*parked);
    co_return look;
  }
  const bool on_its_way = !explained.ok() || explained->session.cause == "gave_up" ||
                          explained->session.cause == "parked";
  if (!on_its_way) look.state.set_state(v1::Session::STATE_CLOSED);
  co_return look;
}

}  // namespace kefu::gateway::sessions
