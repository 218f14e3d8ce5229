// Writes privileged acts into the audit log of the shop they concern; an operator's acts that
// concern no shop that exists go to the installation's log.
//
// Thread-safe. Errors: those of directory/storage/audit_log.h.
#pragma once

#include <string>

#include "gateway/auth/caller.h"
#include "gateway/directory/directory.h"
#include "gateway/directory/storage/audit_log.h"

namespace kefu::gateway::auth {

class ShopAuditor final : public Auditor {
 public:
  ShopAuditor(directory::AuditLog& log, directory::Directory& directory)
      : log_(log), directory_(directory) {}

  Task<absl::Status> Record(CallContext context, std::string method,
                            std::string request_json) override;

 private:
  directory::AuditLog& log_;
  directory::Directory& directory_;
};

}  // namespace kefu::gateway::auth
