#include "controller/feedback/outage.h"

#include "base/text.h"

namespace ebbgate::feedback {

namespace {

std::string for_people(Duration duration) {
  using std::chrono::milliseconds;
  return format_duration(std::chrono::round<milliseconds>(duration));
}

}  // namespace

void Outage::restore(BootTime since) {
  begun_ = Begun{since, 0, 0};
}

void Outage::dialled() {
  written_at_.reset();
  if (begun_) ++begun_->attempts;
}

Note Outage::failed(const std::string& problem, std::optional<Duration> retry_in,
                    std::uint64_t dropped, BootTime now) {
  if (!begun_) begun_ = Begun{now, dropped, 0};
  Note note;
  note.text = problem + "; the next attempt is " +
              (retry_in ? "in " + for_people(*retry_in) : std::string("due"));
  const bool told = written_at_ && now - *written_at_ < kLongAfter;
  if (!warned_ && !told) {
    note.level = Note::Level::warn;
    warned_ = true;
    written_at_ = now;
  }
  return note;
}

Note Outage::proved(std::uint64_t dropped, BootTime now) {
  if (!begun_) return {Note::Level::debug, "the peer answers"};
  Note note{Note::Level::info, "the peer answers again after " + for_people(now - begun_->at) +
                                   " and " + std::to_string(begun_->attempts) +
                                   (begun_->attempts == 1 ? " attempt; " : " attempts; ") +
                                   std::to_string(dropped - begun_->dropped) +
                                   " messages were dropped meanwhile"};
  begun_.reset();
  warned_ = false;
  written_at_ = now;
  return note;
}

}  // namespace ebbgate::feedback
