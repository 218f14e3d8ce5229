// The processor's time that a span of time took: of this process, and of the servers by their ids.
#pragma once

#include <vector>

#include "tests/bench/compare/load/conversation.h"

namespace kefu::bench {

class Window {
 public:
  explicit Window(const std::vector<int>& servers);

  void End(Figures* figures) const;

 private:
  const std::vector<int>& servers_;
  const double own_;
  const std::vector<double> of_servers_;
};

}  // namespace kefu::bench
