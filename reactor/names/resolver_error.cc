#include <string>
#include <system_error>

#include "resolver_types.h"

namespace sluice {
namespace {

class ResolverCategory final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "resolver"; }

  [[nodiscard]] std::string message(int value) const override {
    switch (static_cast<ResolverError>(value)) {
      case ResolverError::not_found:
        return "not found";
      case ResolverError::no_address:
        return "no address";
      case ResolverError::timed_out:
        return "no name server answered in time";
      case ResolverError::server_failed:
        return "the name server failed";
      case ResolverError::refused:
        return "the name server refused the query";
      case ResolverError::bad_name:
        return "not a valid host name";
      case ResolverError::no_memory:
        return "out of memory";
      case ResolverError::no_server:
        return "no name server could be reached";
    }
    return "resolver error " + std::to_string(value);
  }

  [[nodiscard]] std::error_condition default_error_condition(int value) const noexcept override {
    switch (static_cast<ResolverError>(value)) {
      case ResolverError::timed_out:
        return std::errc::timed_out;
      case ResolverError::no_memory:
        return std::errc::not_enough_memory;
      default:
        return {value, *this};
    }
  }
};

}  // namespace

const std::error_category& resolver_category() noexcept {
  static const ResolverCategory category;
  return category;
}

std::error_code make_error_code(ResolverError error) noexcept {
  return {static_cast<int>(error), resolver_category()};
}

}  // namespace sluice
