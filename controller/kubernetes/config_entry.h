#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/workload_key.h"
#include "controller/kubernetes/config_object.h"

namespace ebbgate::kubernetes {

/// What is known of one config object that somebody references. Not thread-safe.
class ConfigEntry final {
 public:
  enum class State : std::uint8_t { unknown, present, absent };

  /// Counts one more who references this key (empty: all of it).
  void add_part(std::string_view key);
  /// Counts one less; what nobody references is dropped.
  void drop_part(std::string_view key);
  Interest interest() const;

  // Each returns whether somebody may see a difference.
  bool take(const ConfigObject& object);
  bool take_absent(std::uint64_t resource_version);
  bool take_forbidden(std::shared_ptr<const std::string> why);
  bool take_readable();

  /// It may be different by now, and must be read again.
  void doubt() { doubtful_ = true; }
  bool is_doubtful() const { return doubtful_; }
  /// Whether all that is referenced was read from one version, or need not be.
  bool is_complete() const;

  State state() const { return state_; }
  bool is_ignored() const { return state_ == State::present && ignored_; }
  /// Null: it may be read, for all that is known.
  const std::string* forbidden() const { return forbidden_.get(); }
  std::uint64_t resource_version() const { return resource_version_; }
  /// Nothing where it was never read. The key must be one that is referenced.
  const std::optional<Digest>& digest(std::string_view key) const;

  /// Who references it, each once. Owned by the index.
  std::vector<const WorkloadKey*> users;

  // Numbers of lists, as the index counts them.
  std::uint32_t created = 0;  ///< the newest that had begun when it was first referenced
  std::uint32_t listed = 0;   ///< … when a list or watch last found it
  std::uint32_t fetched = 0;  ///< … when a fetch last found it

 private:
  struct Part {
    std::string key;
    std::optional<Digest> digest;
    bool current = false;  ///< the digest is of resource_version_
    std::uint32_t users = 0;
  };

  Part* find(std::string_view key);

  std::vector<Part> parts_;
  std::uint64_t resource_version_ = 0;
  std::shared_ptr<const std::string> forbidden_;
  State state_ = State::unknown;
  bool ignored_ = false;
  bool absent_since_ = false;  ///< resource_version_ is of its absence
  bool doubtful_ = false;
};

}  // namespace ebbgate::kubernetes
