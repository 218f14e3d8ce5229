// Which sessions on hold have to go on because their buyers wrote. Pure: no I/O, no clock, no
// protobuf.
//
// The log says it: a hold leaves a line there. It is looked at when a session is found on hold, and
// whenever an entry of the buyer is shown, which may be an old one.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace kefu::gateway::streams {

class HoldWatch {
 public:
  // The agent serves the session, on hold or not.
  void Served(const std::string& session, const std::string& conversation, bool on_hold);
  void Left(const std::string& session) { holds_.erase(session); }
  void BuyerWrote(const std::string& conversation);
  // The log was looked at: whether the buyer wrote since the hold.
  void Looked(const std::string& session, bool buyer_wrote);

  struct Hold {
    std::string session;
    std::string conversation;
  };
  // Whose logs are to be looked at.
  std::vector<Hold> Unseen() const;
  // Which sessions have to go on; until they are served without a hold, or left.
  std::vector<Hold> Over() const;
  bool idle() const;

 private:
  enum class State { kUnseen, kWaits, kOver };
  struct Watched {
    std::string conversation;
    State state = State::kUnseen;
  };
  std::vector<Hold> In(State state) const;

  std::map<std::string, Watched> holds_;
};

// One entry of a conversation, as far as holds are concerned.
enum class Said { kOther, kByBuyer, kHold };
// Whether the buyer wrote after the last hold among the last entries; without a hold among them,
// whether the buyer wrote at all.
bool BuyerWroteSinceHold(const std::vector<Said>& entries);

}  // namespace kefu::gateway::streams
