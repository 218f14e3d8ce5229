// Classes: which waiting sets a session can stand in and which an agent serves.
//
// A class is a pair (skill group, relaxation step), named "<group>.<step>". A session waits in
// exactly one; an agent serves a list of them. All of routing is written for any number of classes;
// the table says which there are. A name has no ':' and no blank.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kefu::gateway::routing {

struct ClassSpec {
  std::string name;
  // What a session of this class takes of an agent's capacity.
  uint32_t weight = 20;
};

// What is known of a session when its class is chosen.
struct SessionTraits {
  int category = 0;
  std::string language;
};

class ClassTable {
 public:
  // One group that every agent serves and every session waits in: "g.0".
  static ClassTable SingleGroup();

  explicit ClassTable(std::vector<ClassSpec> classes);

  const std::vector<ClassSpec>& all() const { return classes_; }
  const ClassSpec& OfSession(const SessionTraits& traits) const;
  // Names of the classes that an agent serves.
  std::vector<std::string> OfAgent(std::string_view agent) const;
  // A class that the table does not know (a record written under another configuration) weighs as
  // the first one.
  ClassSpec Find(std::string_view name) const;

 private:
  std::vector<ClassSpec> classes_;
};

}  // namespace kefu::gateway::routing
