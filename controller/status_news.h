#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "controller/observer.h"

namespace ebbgate {

/// Which workloads something happened to, in order, so that whoever looks every second is told of
/// those alone. Costs 8 bytes a workload.
///
/// The loop's thread only.
class StatusNews final : public Observer {
 public:
  /// How many workloads that are gone are remembered.
  static constexpr std::size_t kGoneKept = 4096;

  struct News {
    std::vector<governor::Handle> touched;  ///< the longest ago first
    std::vector<WorkloadKey> gone;
    std::string since;  ///< for the next question
    bool more = false;
  };

  /// `run` tells this process from those before it.
  explicit StatusNews(const std::string& run) : prefix_(run + "-") {}

  void decided(Instant /*now*/, const governor::Decision& /*decision*/,
               const governor::Workload& /*workload*/, const std::string& /*detail*/) override {}
  void turned(Instant now, const governor::Governor& governor,
              const std::vector<governor::Handle>& touched) override;
  void degraded(bool /*is_degraded*/, const std::string& /*why*/) override {}

  /// What happened after `since`, which an answer before gave; "0": all workloads there are. At
  /// most `limit` are touched. Nothing: `since` is not of this run, or too long ago; begin with
  /// "0".
  std::optional<News> after(const std::string& since, std::size_t limit) const;

 private:
  struct Gone {
    std::uint64_t at;
    WorkloadKey key;
  };

  /// How far somebody was told, and where he began to be told all there is.
  struct Cursor {
    std::uint64_t until = 0;
    std::uint64_t begun = 0;
  };
  std::optional<Cursor> cursor_of(const std::string& since) const;
  void keep_gone(const WorkloadKey& key);

  const std::string prefix_;
  std::uint64_t now_ = 0;                  // counts what happened
  std::vector<std::uint64_t> touched_at_;  // by handle; 0: there is no such workload
  std::deque<Gone> gone_;
  std::uint64_t dropped_ = 0;  // the last moment of those gone that are remembered no more
};

}  // namespace ebbgate
