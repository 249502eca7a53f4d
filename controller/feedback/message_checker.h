#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace ebbgate::feedback {

/// Checks one message while nlohmann's parser, which uses no stack of its own, reads it. An event
/// that returns false ends the reading.
class MessageChecker final : public nlohmann::json_sax<nlohmann::json> {
 public:
  /// The text's tokens are well-formed JSON and those of a message.
  bool check(std::string_view text);

  const std::string& job_id() const { return job_id_; }
  /// Of a text that is not right: what would be.
  const std::string& problem() const { return problem_; }
  /// Of a text that is not JSON: how many of its bytes were read until that was known.
  std::optional<std::size_t> broken_at() const { return broken_at_; }

  bool null() override;
  bool boolean(bool value) override;
  bool number_integer(std::int64_t value) override;
  bool number_unsigned(std::uint64_t value) override;
  bool number_float(double value, const std::string& text) override;
  bool string(std::string& value) override;
  bool binary(nlohmann::json::binary_t& value) override;
  bool start_object(std::size_t elements) override;
  bool key(std::string& value) override;
  bool end_object() override;
  bool start_array(std::size_t elements) override;
  bool end_array() override;
  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::json::exception& error) override;

 private:
  enum class Member : std::uint8_t { other, job_id, features, true_score, event };
  enum class Kind : std::uint8_t { number, string, object, list, other };

  bool value(Kind kind);
  bool deeper();
  bool wrong(std::string what);

  int depth_ = 0;
  Member member_ = Member::other;  // of the outermost object, that is being read
  unsigned seen_ = 0;              // bits by Member
  bool has_feature_ = false;
  std::string job_id_;
  std::string problem_;
  std::optional<std::size_t> broken_at_;
};

}  // namespace ebbgate::feedback
