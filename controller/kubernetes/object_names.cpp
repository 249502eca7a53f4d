#include "controller/kubernetes/object_names.h"

#include <algorithm>

namespace ebbgate::kubernetes {

namespace {

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_name(std::string_view text, std::size_t longest, std::string_view also) {
  return !text.empty() && text.size() <= longest && is_lower_or_digit(text.front()) &&
         is_lower_or_digit(text.back()) && std::ranges::all_of(text, [&](char c) {
           return is_lower_or_digit(c) || also.find(c) != also.npos;
         });
}

}  // namespace

bool is_object_name(std::string_view text) {
  return is_name(text, 253, "-.");
}

bool is_namespace_name(std::string_view text) {
  return is_name(text, 63, "-");
}

bool is_data_key(std::string_view text) {
  return !text.empty() && text.size() <= 253 && text != "." && !text.starts_with("..") &&
         std::ranges::all_of(text, [](char c) {
           return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
                  c == '_';
         });
}

}  // namespace ebbgate::kubernetes
