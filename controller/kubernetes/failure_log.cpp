#include "controller/kubernetes/failure_log.h"

#include "base/text.h"

namespace ebbgate::kubernetes {
namespace {

std::string whole_seconds(Duration duration) {
  return format_duration(std::chrono::duration_cast<std::chrono::seconds>(duration));
}

}  // namespace

void FailureLog::failed(const std::string& why, BootTime now) {
  if (failures_++ == 0) first_ = now;
  if (told_ && now < *told_ + kPause) {
    ++untold_;
    return;
  }
  std::string line = what_ + ": " + why;
  if (untold_ > 0) {
    line += " (and " + std::to_string(untold_) + " failures before that, not told one by one)";
  }
  warn_(line);
  told_ = now;
  untold_ = 0;
}

void FailureLog::worked(BootTime now) {
  if (failures_ == 0) return;
  // Of a hitch that was not told its end is not told either.
  if (untold_ < failures_) {
    info_(what_ + ": works again after " + std::to_string(failures_) + " failures in " +
          whole_seconds(now - first_));
  }
  failures_ = 0;
}

}  // namespace ebbgate::kubernetes
