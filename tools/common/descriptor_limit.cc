#include "descriptor_limit.h"

#include <sys/resource.h>

#include <cerrno>

namespace sluice::tools {
namespace {

std::string in_words(rlim_t limit) {
  return limit == RLIM_INFINITY ? "no limit" : std::to_string(limit);
}

std::size_t in_number(rlim_t limit) {
  return limit == RLIM_INFINITY ? DescriptorLimit::kNone : static_cast<std::size_t>(limit);
}

}  // namespace

DescriptorLimit raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    return {"unknown", "unknown", DescriptorLimit::kAssumed,
            std::error_code(errno, std::generic_category())};
  }
  const std::string before = in_words(limit.rlim_cur);
  DescriptorLimit result{before, before, in_number(limit.rlim_cur), {}};
  if (limit.rlim_cur == limit.rlim_max) return result;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    result.error = std::error_code(errno, std::generic_category());
  } else {
    result.now = in_words(limit.rlim_cur);
    result.count = in_number(limit.rlim_cur);
  }
  return result;
}

}  // namespace sluice::tools
