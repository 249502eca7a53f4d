#pragma once

#include <optional>
#include <string>

#include "tests/property/world/configuration.h"

namespace ebbgate::property {

/// What one workload has, what it should have, and how many repeats are excused: by what its
/// receiver saw, and what the process was told.
class Ledger {
 public:
  struct Seen {
    bool changed = false;  ///< a content did, not the set alone
    bool differs = false;  ///< from what the workload has
  };
  Seen observed(const Contents& contents, bool adopt);
  /// `maybe_forgotten`: the process may treat it as new when it comes back.
  void gone() { gone_ = true; }
  void comes_back(bool maybe_forgotten);

  void begun() { open_ = true; }
  void called_off();
  /// A complaint when the workload has that content already and nothing excuses a repeat.
  std::optional<std::string> sent();
  void effect();
  void applied();
  void unknown();
  void refused();

  void durable();
  void process_ended();
  /// `row`: what the new process found stored about it, or null.
  void process_started(bool found_good, const storage::WorkloadRow* row);

  bool is_gone() const { return gone_; }
  bool has(const Contents& contents) const { return applied_ == contents || or_has_ == contents; }
  /// The newest that the process was told; nothing: not yet.
  const std::optional<Contents>& seen() const { return seen_; }

 private:
  void answered();

  bool known_ = false;  // to the product, now or from what it stored
  bool known_durable_ = false;
  bool gone_ = false;
  bool comes_back_as_it_is_ = false;
  bool uncertain_ = false;           // whether what it has had become durable
  std::optional<Contents> applied_;  // absent: an update is due whatever it has
  std::optional<Contents> or_has_;   // where it cannot be told which of the two
  std::optional<Contents> seen_;
  std::optional<Contents> sent_;
  std::optional<Contents> durable_;  // what it had when all was on the disk
  bool open_ = false;
  bool answer_durable_ = true;
  bool excused_ = false;  // one repeat is, because an outcome is not known
  bool used_excuse_ = false;
};

}  // namespace ebbgate::property
