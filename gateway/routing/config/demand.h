// Who may serve: what a step of a group asks of an agent, and whether one step admits everybody
// whom another admits. Pure.
//
// A pool is a list of demands, of which an agent meets one at least. Steps are made by loosening
// the demand before (levels fall, skills go) or by adding another group's, so a pool can only grow;
// Within checks it all the same, without looking at any agent: each demand of the narrower pool
// must imply one of the wider.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "gateway/routing/domain/classes.h"
#include "proto/kefu/gateway/v1/routing_config.pb.h"

namespace kefu::gateway::routing::config {

struct Demand {
  // Speaks one, is one; empty: whoever.
  std::set<std::string> languages;
  std::set<std::string> members;
  // Has all, at that level at least.
  std::map<std::string, uint32_t> levels;
};

using Pool = std::vector<Demand>;

bool Admits(const Demand& demand, const AgentTraits& agent);
bool Admits(const Pool& pool, const AgentTraits& agent);

// Everybody who meets `narrow` meets `wide`. For pools this may be false although it holds (if
// several demands together cover one), never the other way round.
bool Implies(const Demand& narrow, const Demand& wide);
bool Within(const Pool& narrow, const Pool& wide);

struct Step {
  Pool pool;
  // Since the session first began to wait; 0 for the first step.
  int64_t after_ms = 0;
};

// The group's steps; the first one is without relaxation. Names that the document does not know
// are passed over.
std::vector<Step> StepsOf(const v1::RoutingConfig& config, const v1::SkillGroup& group);

// Null if there is none.
const v1::SkillGroup* FindGroup(const v1::RoutingConfig& config, const std::string& group);

// `otherwise` if absent.
int64_t MillisOf(bool present, const google::protobuf::Duration& duration, int64_t otherwise);

}  // namespace kefu::gateway::routing::config
