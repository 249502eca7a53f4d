#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace ebbgate::metrics {

/// Bytes that many may hold, together no more than a limit. Any thread; it must outlive its shares.
class ByteBudget final {
 public:
  explicit ByteBudget(std::size_t limit) : limit_(limit) {}
  ByteBudget(const ByteBudget&) = delete;
  ByteBudget& operator=(const ByteBudget&) = delete;

  /// What one holds; given back with this object. One thread at a time.
  class Share final {
   public:
    Share() = default;
    explicit Share(ByteBudget& budget) : budget_(&budget) {}
    ~Share() { give_back(); }
    Share(Share&& other) noexcept
        : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
    Share& operator=(Share&& other) noexcept {
      if (this == &other) return *this;
      give_back();
      budget_ = other.budget_;
      bytes_ = std::exchange(other.bytes_, 0);
      return *this;
    }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    /// Whether it may hold `bytes` in all; where not, it holds what it did.
    [[nodiscard]] bool resize(std::size_t bytes) {
      const std::size_t before = budget_->used_.fetch_add(bytes - bytes_);
      if (bytes > bytes_ && before + (bytes - bytes_) > budget_->limit_) {
        budget_->used_.fetch_sub(bytes - bytes_);
        return false;
      }
      bytes_ = bytes;
      return true;
    }
    void give_back() {
      if (bytes_ != 0) budget_->used_.fetch_sub(std::exchange(bytes_, 0));
    }

   private:
    ByteBudget* budget_ = nullptr;
    std::size_t bytes_ = 0;
  };

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> used_ = 0;
};

}  // namespace ebbgate::metrics
