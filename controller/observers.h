#pragma once

#include <string>
#include <utility>
#include <vector>

#include "controller/observer.h"

namespace ebbgate {

/// Tells several observers, in the order in which they are given.
class ObserverFanOut final : public Observer {
 public:
  /// All must outlive it.
  explicit ObserverFanOut(std::vector<Observer*> observers) : observers_(std::move(observers)) {}

  void decided(Instant now, const governor::Decision& decision, const governor::Workload& workload,
               const std::string& detail) override {
    for (Observer* observer : observers_) observer->decided(now, decision, workload, detail);
  }
  void turned(Instant now, const governor::Governor& governor,
              const std::vector<governor::Handle>& touched) override {
    for (Observer* observer : observers_) observer->turned(now, governor, touched);
  }
  void degraded(bool is_degraded, const std::string& why) override {
    for (Observer* observer : observers_) observer->degraded(is_degraded, why);
  }

 private:
  std::vector<Observer*> observers_;
};

}  // namespace ebbgate
